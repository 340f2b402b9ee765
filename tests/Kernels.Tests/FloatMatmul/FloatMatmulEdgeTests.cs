using OutlierQuant.Kernels.FloatMatmul;
using Xunit;

namespace OutlierQuant.Kernels.Tests.FloatMatmul;

public sealed class FloatMatmulEdgeTests
{
    public static TheoryData<string> Kernels => [.. FloatMatmulCase.Kernels.Keys];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_OneSpecialWeight_ReachesItsRowAlone(string kernel)
    {
        foreach (int tokens in (int[])[1, 2, 8])
        {
            foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
            {
                for (int column = 0; column < 37; column += column < 16 || column > 30 ? 1 : 5)
                {
                    FloatMatmulCase product = FloatMatmulCase.Random(column, type, isTransposed, tokens, 6, 37);
                    Array.Fill(product.Source, 1f);
                    product.SetWeight(0, column, float.NaN);
                    product.SetWeight(2, column, float.PositiveInfinity);
                    product.SetWeight(5, column, float.NegativeInfinity);
                    float[] products = product.Multiply(FloatMatmulCase.Kernels[kernel]);
                    for (int t = 0; t < tokens; t++)
                    {
                        Assert.Equal(
                            [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 4f],
                            [products[t * 6], products[(t * 6) + 2], products[(t * 6) + 5], float.IsFinite(products[(t * 6) + 1] + products[(t * 6) + 3] + products[(t * 6) + 4]) ? 4f : 0f]);
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_OneSpecialActivation_ReachesItsTokenAlone(string kernel)
    {
        const int tokens = 15, rows = 5, columns = 37;
        foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
        {
            for (int column = 0; column < columns; column++)
            {
                FloatMatmulCase product = FloatMatmulCase.Random(column, type, isTransposed, tokens, rows, columns);
                product.Source[(13 * columns) + column] = float.NaN;
                product.Source[(3 * columns) + column] = float.PositiveInfinity;
                product.SetWeight(1, column, 0);
                product.SetWeight(2, column, -0.5f);
                float[] products = product.Multiply(FloatMatmulCase.Kernels[kernel]);
                Assert.Equal(Enumerable.Repeat(float.NaN, rows), products[(13 * rows)..(14 * rows)]);
                Assert.True(float.IsNaN(products[(3 * rows) + 1]), "infinity times zero");
                Assert.Equal(float.NegativeInfinity, products[(3 * rows) + 2]);
                Assert.All(products.Where((_, i) => i / rows is not (3 or 13)), v => Assert.True(float.IsFinite(v)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_SubnormalsAndOverflow_FollowIeee(string kernel)
    {
        FloatMatmulCase product = FloatMatmulCase.Random(0, FloatType.F32, false, 1, 3, 2);
        (product.Source[0], product.Source[1]) = (1f, 1f);
        float[] weights = [float.Epsilon, float.Epsilon, float.MaxValue, float.MaxValue, float.MaxValue, -float.MaxValue];
        for (int i = 0; i < weights.Length; i++)
        {
            product.SetWeight(i / 2, i % 2, weights[i]);
        }

        Assert.Equal([2 * float.Epsilon, float.PositiveInfinity, 0], product.Multiply(FloatMatmulCase.Kernels[kernel]));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_BetweenGuardPages_TouchesNothingOutside(string kernel)
    {
        foreach (bool guardAtEnd in (bool[])[true, false])
        {
            foreach ((int tokens, int rows, int columns) in ((int, int, int)[])[(1, 5, 37), (2, 9, 8), (3, 33, 15), (7, 17, 31), (8, 35, 259), (1, 1, 1), (6, 128, 256)])
            {
                foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
                {
                    FloatMatmulCase product = FloatMatmulCase.Random(rows, type, isTransposed, tokens, rows, columns);
                    using GuardedBuffer<float> source = GuardedBuffer<float>.Copy(product.Source, guardAtEnd);
                    using GuardedBuffer<byte> elements = GuardedBuffer<byte>.Copy(product.Elements, guardAtEnd);
                    using GuardedBuffer<float> destination = GuardedBuffer<float>.Copy(new float[tokens * rows], guardAtEnd);
                    FloatMatmulCase.Kernels[kernel].Multiply(source.Span, tokens, product.Over(elements.Span), 0, rows, destination.Span);
                    product.AssertClose(destination.Span);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_UnalignedSpans_GiveTheSameBits(string kernel)
    {
        foreach (int tokens in (int[])[1, 2, 8])
        {
            foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
            {
                FloatMatmulCase product = FloatMatmulCase.Random(tokens, type, isTransposed, tokens, 21, 43);
                byte[] shifted = [0xFF, .. product.Elements, 0xFF];
                float[] source = [float.NaN, .. product.Source, float.NaN];
                float[] destination = [.. Enumerable.Repeat(-77f, (tokens * 21) + 2)];
                FloatMatmulCase.Kernels[kernel].Multiply(source.AsSpan(1..^1), tokens, product.Over(shifted.AsSpan(1..^1)), 0, 21, destination.AsSpan(1..^1));
                Assert.Equal([-77f, .. product.Multiply(FloatMatmulCase.Kernels[kernel]), -77f], destination);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_WrongArguments_ThrowNamingThem(string kernel)
    {
        Assert.Equal("tokens", Failure(kernel, 6, -1, 24, 2, 3, 0, 2, 4));
        Assert.Equal("source", Failure(kernel, 5, 2, 24, 2, 3, 0, 2, 4));
        Assert.Equal("weights", Failure(kernel, 6, 2, 23, 2, 3, 0, 2, 4));
        Assert.Equal("weights", Failure(kernel, 6, 2, 24, -2, -3, 0, 0, 4));
        Assert.Equal("weights", Failure(kernel, 6, 2, 24, 2, 3, 0, 2, 4, (FloatType)9));
        Assert.Equal("firstRow", Failure(kernel, 6, 2, 24, 2, 3, -1, 2, 4));
        Assert.Equal("firstRow", Failure(kernel, 6, 2, 24, 2, 3, 3, 0, 4));
        Assert.Equal("rowCount", Failure(kernel, 6, 2, 24, 2, 3, 1, 2, 4));
        Assert.Equal("rowCount", Failure(kernel, 6, 2, 24, 2, 3, 0, -1, 4));
        Assert.Equal("destination", Failure(kernel, 6, 2, 24, 2, 3, 0, 2, 5));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_DestinationOverlapsSource_ThrowsNamingDestination(string kernel)
    {
        float[] both = new float[5];
        ArgumentException thrown = Assert.Throws<ArgumentException>(() => FloatMatmulCase.Kernels[kernel].Multiply(
            both.AsSpan(0, 3), 1, new FloatWeights { Elements = new byte[36], Type = FloatType.F32, Rows = 3, Columns = 3 }, 0, 3, both.AsSpan(2, 3)));
        Assert.Equal("destination", thrown.ParamName);
    }

    private static string? Failure(string kernel, int sourceLength, int tokens, int bytes, int rows, int columns, int firstRow, int rowCount, int destinationLength, FloatType type = FloatType.F32) =>
        Assert.ThrowsAny<ArgumentException>(() => FloatMatmulCase.Kernels[kernel].Multiply(
            new float[sourceLength], tokens, new FloatWeights { Elements = new byte[bytes], Type = type, Rows = rows, Columns = columns }, firstRow, rowCount, new float[destinationLength])).ParamName;
}
