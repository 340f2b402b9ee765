using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.Threading;
using Xunit;

namespace OutlierQuant.Kernels.Tests.FloatMatmul;

public sealed class FloatMatmulTests
{
    // Less than a tile of either form, one tile, and more than one.
    private static readonly int[] _tokenCounts = [1, 3, 8];

    public static TheoryData<string> Kernels => [.. FloatMatmulCase.Kernels.Keys];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_EveryColumnCount_IsCloseToTheDefinition(string kernel)
    {
        for (int columns = 0; columns <= 257; columns++)
        {
            foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
            {
                int tokens = _tokenCounts[columns % 3];
                FloatMatmulCase product = FloatMatmulCase.Random(columns, type, isTransposed, tokens, 6, columns);
                product.AssertClose(product.Multiply(FloatMatmulCase.Kernels[kernel]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_EveryRowCount_IsCloseToTheDefinition(string kernel)
    {
        for (int rows = 0; rows <= 257; rows++)
        {
            foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
            {
                int tokens = _tokenCounts[rows % 3];
                FloatMatmulCase product = FloatMatmulCase.Random(rows, type, isTransposed, tokens, rows, 7);
                product.AssertClose(product.Multiply(FloatMatmulCase.Kernels[kernel]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_EveryTokenCount_IsCloseToTheDefinition(string kernel)
    {
        for (int tokens = 0; tokens <= 20; tokens++)
        {
            foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
            {
                FloatMatmulCase product = FloatMatmulCase.Random(tokens, type, isTransposed, tokens, 37, 19);
                product.AssertClose(product.Multiply(FloatMatmulCase.Kernels[kernel]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_SeveralBlocks_IsCloseToTheDefinition(string kernel)
    {
        foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
        {
            FloatMatmulCase product = FloatMatmulCase.Random(1, type, isTransposed, 8, 137, 301);
            product.AssertClose(product.Multiply(FloatMatmulCase.Kernels[kernel]));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_SeveralChunksOfColumns_IsCloseAndHasTheSameBitsInAnyRange(string kernel)
    {
        const int rows = 8, columns = 1061;
        foreach (int tokens in (int[])[1, 2, 3, 5, 7, 17, 33])
        {
            foreach (FloatType type in Enum.GetValues<FloatType>())
            {
                FloatMatmulCase product = FloatMatmulCase.Random(tokens, type, false, tokens, rows, columns);
                float[] whole = product.Multiply(FloatMatmulCase.Kernels[kernel]), parts = new float[whole.Length];
                product.AssertClose(whole);
                foreach ((int first, int count) in ((int, int)[])[(0, 1), (1, 2), (3, 5)])
                {
                    FloatMatmulCase.Kernels[kernel].Multiply(product.Source, tokens, product.Weights, first, count, parts);
                }

                Assert.Equal(whole, parts);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_TallTransposedMatrixAndOneToken_IsCloseToTheDefinition(string kernel)
    {
        FloatMatmulCase product = FloatMatmulCase.Random(1, FloatType.F16, isTransposed: true, 1, 4099, 6);
        product.AssertClose(product.Multiply(FloatMatmulCase.Kernels[kernel]));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_HandWorkedProduct_IsExact(string kernel)
    {
        // [1 2 3; -4 0.5 0] · [2, -1, 10] = [30, -8.5] and · [0, 4, -2] = [2, 2], in both layouts and every type.
        foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
        {
            FloatMatmulCase product = FloatMatmulCase.Random(0, type, isTransposed, 2, 2, 3);
            float[] weights = [1, 2, 3, -4, 0.5f, 0];
            for (int i = 0; i < weights.Length; i++)
            {
                product.SetWeight(i / 3, i % 3, weights[i]);
            }

            ((float[])[2, -1, 10, 0, 4, -2]).CopyTo(product.Source, 0);
            Assert.Equal([30, -8.5f, 2, 2], product.Multiply(FloatMatmulCase.Kernels[kernel]));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_IdentityMatrix_ReturnsTheActivations(string kernel)
    {
        foreach (int tokens in _tokenCounts)
        {
            foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
            {
                FloatMatmulCase product = FloatMatmulCase.Random(tokens, type, isTransposed, tokens, 45, 45);
                for (int i = 0; i < 45 * 45; i++)
                {
                    product.SetWeight(i / 45, i % 45, i / 45 == i % 45 ? 1 : 0);
                }

                Assert.Equal(product.Source, product.Multiply(FloatMatmulCase.Kernels[kernel]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_ActivationsTimesPowerOfTwo_ScalesEveryBit(string kernel)
    {
        FloatMatmulCase product = FloatMatmulCase.Random(5, FloatType.F32, false, 8, 33, 300);
        float[] once = product.Multiply(FloatMatmulCase.Kernels[kernel]);
        for (int i = 0; i < product.Source.Length; i++)
        {
            product.Source[i] *= -8;
        }

        Assert.Equal(once.Select(v => v * -8), product.Multiply(FloatMatmulCase.Kernels[kernel]));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_EveryRowRange_GivesTheSameBitsAndLeavesOtherRows(string kernel)
    {
        const int rows = 41;
        foreach (int tokens in (int[])[1, 2, 8])
        {
            foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
            {
                FloatMatmulCase product = FloatMatmulCase.Random(tokens, type, isTransposed, tokens, rows, 67);
                float[] whole = product.Multiply(FloatMatmulCase.Kernels[kernel]);
                for (int first = 0; first <= rows; first += 5)
                {
                    for (int count = 0; count <= rows - first; count += 3)
                    {
                        float[] part = [.. Enumerable.Repeat(-77f, whole.Length)];
                        FloatMatmulCase.Kernels[kernel].Multiply(product.Source, tokens, product.Weights, first, count, part);
                        float[] expected = [.. whole.Select((v, i) => i % rows >= first && i % rows < first + count ? v : -77f)];
                        Assert.Equal(expected, part);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(FloatType.F32)]
    [InlineData(FloatType.F16)]
    [InlineData(FloatType.BF16)]
    public void Multiply_TokensWhereTheFormChanges_IsCloseToTheDefinition(FloatType type)
    {
        foreach (int tokens in (int[])[7, 8, 16, 17, 71, 72, 130])
        {
            FloatMatmulCase product = FloatMatmulCase.Random(tokens, type, false, tokens, 40, 65);
            product.AssertClose(product.Multiply(KernelSuite.Fastest.FloatMatmul));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Multiply_SharedOutOverThreads_GivesTheSameBits(int threads)
    {
        using WorkerTeam team = new(threads);
        foreach (IFloatMatmulKernel kernel in FloatMatmulCase.Kernels.Values)
        {
            foreach (int tokens in _tokenCounts)
            {
                FloatMatmulCase product = FloatMatmulCase.Random(tokens, FloatType.BF16, tokens == 3, tokens, 333, 130);
                float[] shared = new float[tokens * 333];
                team.Run(333, kernel.RowGranularity, (first, count) => kernel.Multiply(product.Source, tokens, product.Weights, first, count, shared));
                Assert.Equal(product.Multiply(kernel), shared);
            }
        }
    }
}
