using OutlierQuant.Calibration.Statistics;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Statistics;

public sealed class CholeskyTests
{
    [Fact]
    public void Solve_TwoEquations_GivesTheHandWorkedAnswer()
    {
        // 4x + 2y = 10 and 2x + 3y = 9: x = 1.5, y = 2.
        double[] x = Cholesky.Solve([4, 2, 2, 3], [10, 9]);

        Assert.Equal(1.5, x[0], 1e-15);
        Assert.Equal(2, x[1], 1e-15);
    }

    [Fact]
    public void Solve_RandomSystems_AreSolved()
    {
        Random random = new(3);
        foreach (int size in (int[])[1, 2, 3, 8, 33])
        {
            double[] factor = [.. Enumerable.Range(0, size * size).Select(_ => random.NextDouble() - 0.5)];
            double[] matrix = new double[size * size];
            for (int i = 0; i < matrix.Length; i++)
            {
                matrix[i] = Enumerable.Range(0, size).Sum(k => factor[(i / size * size) + k] * factor[(i % size * size) + k]) + (i / size == i % size ? 1 : 0);
            }

            double[] expected = [.. Enumerable.Range(0, size).Select(_ => random.NextDouble())];
            double[] right = [.. Enumerable.Range(0, size).Select(row => Enumerable.Range(0, size).Sum(column => matrix[(row * size) + column] * expected[column]))];

            double[] actual = Cholesky.Solve([.. matrix], right);

            Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-11));
        }
    }

    [Fact]
    public void Solve_NotPositiveDefinite_NamesTheRow()
    {
        Assert.Contains("Row 1", Assert.Throws<ArithmeticException>(() => Cholesky.Solve([1, 2, 2, 1], [1, 1])).Message, StringComparison.Ordinal);
        Assert.Throws<ArithmeticException>(() => Cholesky.Solve([double.NaN], [1]));
        Assert.Throws<ArgumentException>("matrix", () => Cholesky.Solve([1, 2, 3], [1, 1]));
    }
}
