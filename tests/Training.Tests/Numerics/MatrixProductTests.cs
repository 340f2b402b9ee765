using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Training.Numerics;
using Xunit;

namespace OutlierQuant.Training.Tests.Numerics;

public sealed class MatrixProductTests
{
    // 300 sums of products below 1 in binary32.
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(6, 128, 7)]
    [InlineData(251, 130, 19)]
    [InlineData(378, 33, 300)]
    [InlineData(379, 257, 5)]
    [InlineData(2000, 3, 2)]
    [InlineData(50_401, 1, 1)]
    public void Multiply_AnyShape_EqualsTheDefinition(int tokens, int rows, int columns)
    {
        Random random = new(3);
        float[] left = Values(random, tokens * columns), right = Values(random, rows * columns), transposed = new float[right.Length];
        Transposition.Copy(right, rows, columns, transposed);
        using WorkerTeam team = new(3);
        foreach (KernelSuite suite in KernelSuite.All.Where(suite => suite.IsAvailable))
        {
            float[] plain = new float[tokens * rows], turned = new float[tokens * rows];
            MatrixProduct.Multiply(new(suite, team), left, tokens, right, rows, columns, false, plain);
            MatrixProduct.Multiply(new(suite, team), left, tokens, transposed, rows, columns, true, turned);
            for (int token = 0; token < tokens; token++)
            {
                for (int row = 0; row < rows; row++)
                {
                    double expected = 0;
                    for (int column = 0; column < columns; column++)
                    {
                        expected += (double)left[(token * columns) + column] * right[(row * columns) + column];
                    }

                    Assert.InRange(plain[(token * rows) + row] - expected, -Tolerance, Tolerance);
                    Assert.InRange(turned[(token * rows) + row] - expected, -Tolerance, Tolerance);
                }
            }
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16, 16)]
    [InlineData(17, 33)]
    [InlineData(100, 3)]
    public void Transposition_AnyShape_ExchangesRowsAndColumns(int rows, int columns)
    {
        float[] source = Values(new Random(1), rows * columns), copied = new float[source.Length], added = new float[source.Length];
        Array.Fill(added, 2);
        using WorkerTeam team = new(2);
        Transposition.Copy(new(KernelSuite.Choose(), team), source, rows, columns, copied);
        Transposition.Add(new(KernelSuite.Choose(), team), source, rows, columns, added);

        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                Assert.Equal(source[(row * columns) + column], copied[(column * rows) + row]);
                Assert.Equal(2 + source[(row * columns) + column], added[(column * rows) + row]);
            }
        }
    }

    private static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
}
