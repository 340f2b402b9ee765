using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.FloatMatmul.Lanes;
using OutlierQuant.Kernels.TiledProduct.BF16;
using OutlierQuant.Kernels.Tests.CodeProduct;
using OutlierQuant.Kernels.Tests.FloatMatmul;
using OutlierQuant.Kernels.Threading;
using Xunit;

namespace OutlierQuant.Kernels.Tests.TiledProduct;

/// <summary>The bf16 product as the suites run it, from 32 tokens on. (The conformance tests run it from one.)</summary>
public sealed class BF16ProductTests
{
    // Around tiles and pairs of tiles, around the block of 512 columns and the panel of 256 rows; primes.
    private static readonly (int Tokens, int Rows, int Columns)[] _shapes =
    [
        (32, 1, 1), (33, 31, 31), (37, 47, 33), (47, 16, 511), (48, 17, 512), (49, 33, 513), (64, 257, 63), (65, 32, 1031), (32, 256, 64), (61, 0, 40), (101, 289, 97),
    ];

    public static TheoryData<string> TileKernels => [.. BF16TileKernels.All.Keys];

    public static TheoryData<string, WeightFormat> Formats
    {
        get
        {
            TheoryData<string, WeightFormat> formats = [];
            foreach (string tiles in BF16TileKernels.All.Keys)
            {
                foreach (WeightFormat format in Enum.GetValues<WeightFormat>())
                {
                    formats.Add(tiles, format);
                }
            }

            return formats;
        }
    }

    [VectorTheory]
    [MemberData(nameof(TileKernels))]
    public void Multiply_ShapesAroundTheEdges_IsCloseToTheDefinition(string tileKernel)
    {
        foreach ((int tokens, int rows, int columns) in _shapes)
        {
            foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
            {
                FloatMatmulCase product = FloatMatmulCase.Random(rows, type, isTransposed, tokens, rows, columns);
                product.AssertClose(product.Multiply(Floats(tileKernel)));
            }
        }
    }

    [VectorFact]
    public void Multiply_TokensOfSeveralBlocks_IsCloseToTheDefinition()
    {
        FloatMatmulCase product = FloatMatmulCase.Random(1, FloatType.BF16, false, 1100, 3, 40);
        product.SetWeight(1, 7, float.NaN);
        float[] products = product.Multiply(Floats());
        Assert.All(Enumerable.Range(0, 1100), token => Assert.True(float.IsNaN(products[(3 * token) + 1])));
        product.SetWeight(1, 7, 0.5f);
        product.AssertClose(product.Multiply(Floats()));
    }

    [VectorTheory]
    [MemberData(nameof(Formats))]
    public void MultiplyCodes_ShapesAroundTheEdges_StayWithinTolerance(string tileKernel, WeightFormat format)
    {
        foreach ((int tokens, int rows, int columns) in _shapes)
        {
            foreach (int groupSize in (int[])[32, 64, 96, 128, 1024, columns])
            {
                new ProductCase(format, tokens, rows, columns, groupSize, Math.Min(columns, rows % 4), rows).AssertNearReference(Codes(tileKernel), onCodes: false, mayUseFixedPoint: false);
            }
        }
    }

    [VectorTheory]
    [InlineData(32, false)]
    [InlineData(128, false)]
    [InlineData(100, true)]
    public void MultiplyCodes_ThreadsAndRanges_GiveTheSameBits(int groupSize, bool hasInfinity)
    {
        ProductCase product = new(WeightFormat.Int4, 40, 301, 257, groupSize, 2, 6);
        if (hasInfinity)
        {
            product.Activations[5] = float.PositiveInfinity;
        }

        CodeProductSimd kernel = Codes();
        float[] whole = product.Multiply(kernel, onCodes: false);
        using PreparedFloats? tiles = kernel.Reserve(product.Tokens, product.Weights);
        Assert.Equal(groupSize % 32 == 0, tiles is FloatActivationTiles);
        tiles?.Fill(product.Activations, 0, tiles.Pieces);
        foreach (int threads in (int[])[1, 2, 3, 7])
        {
            using WorkerTeam team = new(threads);
            float[] shared = new float[whole.Length], alone = new float[whole.Length];
            team.Run(product.Rows, kernel.RowGranularity, (first, count) =>
            {
                kernel.Multiply(product.Activations, product.Tokens, product.Weights, first, count, shared, tiles);
                kernel.Multiply(product.Activations, product.Tokens, product.Weights, first, count, alone);
            });
            AssertSameBits(whole, shared);
            AssertSameBits(whole, alone);
        }
    }

    [VectorTheory]
    [MemberData(nameof(TileKernels))]
    public void Multiply_SharedTilesAndThreads_GiveTheSameBits(string tileKernel)
    {
        foreach (int threads in (int[])[1, 2, 3, 7])
        {
            using WorkerTeam team = new(threads);
            AssertSharesTiles(team, tileKernel);
        }
    }

    private static void AssertSharesTiles(WorkerTeam team, string tileKernel)
    {
        foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
        {
            foreach (FloatPrecision precision in Enum.GetValues<FloatPrecision>())
            {
                // Row 100 cannot be split; which range it falls into must not matter.
                FloatMatmulCase product = FloatMatmulCase.Random(team.ThreadCount, type, isTransposed, 35, 301, 70);
                product.SetWeight(100, 69, float.NegativeInfinity);
                FloatMatmulTiles kernel = Floats(tileKernel, precision);
                float[] whole = product.Multiply(kernel), shared = new float[whole.Length], odd = new float[whole.Length];
                using PreparedFloats? tiles = kernel.Reserve(type, product.Tokens, product.Columns);
                team.Run(tiles!.Pieces, 1, (first, count) => tiles.Fill(product.Source, first, count));
                team.Run(product.Rows, kernel.RowGranularity, (first, count) => kernel.Multiply(product.Source, product.Tokens, product.Weights, first, count, shared, tiles));
                team.Run(product.Rows, 7, (first, count) => kernel.Multiply(product.Source, product.Tokens, product.Weights, first, count, odd, tiles));
                AssertSameBits(whole, shared);
                AssertSameBits(whole, odd);
            }
        }
    }

    [VectorTheory]
    [MemberData(nameof(TileKernels))]
    public void Multiply_BetweenGuardPages_TouchesNothingOutside(string tileKernel)
    {
        foreach (bool guardAtEnd in (bool[])[true, false])
        {
            foreach ((int tokens, int rows, int columns) in ((int, int, int)[])[(32, 5, 37), (33, 35, 259), (45, 16, 512), (39, 47, 31)])
            {
                foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
                {
                    FloatMatmulCase product = FloatMatmulCase.Random(rows, type, isTransposed, tokens, rows, columns);
                    using GuardedBuffer<float> source = GuardedBuffer<float>.Copy(product.Source, guardAtEnd);
                    using GuardedBuffer<byte> elements = GuardedBuffer<byte>.Copy(product.Elements, guardAtEnd);
                    using GuardedBuffer<float> destination = GuardedBuffer<float>.Copy(new float[tokens * rows], guardAtEnd);
                    Floats(tileKernel).Multiply(source.Span, tokens, product.Over(elements.Span), 0, rows, destination.Span);
                    product.AssertClose(destination.Span);
                }
            }
        }
    }

    [VectorFact]
    public void Multiply_RowsThatCannotBeSplit_AreComputedAsTheOtherKernelDoes()
    {
        // Row 0: infinity; row 2: beyond the range of parts; row 4: below it; row 6: zeros; the others are ordinary.
        FloatMatmulCase product = FloatMatmulCase.Random(1, FloatType.F32, false, 33, 8, 40);
        for (int column = 0; column < 40; column++)
        {
            product.SetWeight(4, column, 1e-12f * (column + 1));
            product.SetWeight(6, column, 0);
        }

        product.SetWeight(0, 39, float.PositiveInfinity);
        product.SetWeight(2, 3, 1e30f);
        float[] products = product.Multiply(Floats()), expected = product.Multiply(new FloatMatmulLanes<Lanes512, Vector512<float>>());
        for (int i = 0; i < products.Length; i++)
        {
            if (i % 8 is 0 or 2 or 4 or 6)
            {
                Assert.Equal(expected[i], products[i]);
            }
            else
            {
                Assert.True(Math.Abs(products[i] - expected[i]) <= 1e-4f * (1 + Math.Abs(expected[i])));
            }
        }
    }

    [VectorFact]
    public void Multiply_TilesOfAnotherProduct_ThrowNamingThem()
    {
        FloatMatmulCase product = FloatMatmulCase.Random(1, FloatType.F32, false, 33, 8, 40);
        using PreparedFloats? tiles = Floats().Reserve(FloatType.F32, 33, 39);
        Assert.Equal("prepared", Assert.Throws<ArgumentException>(() => Floats().Multiply(product.Source, 33, product.Weights, 0, 8, new float[33 * 8], tiles)).ParamName);
        Assert.Equal("source", Assert.Throws<ArgumentException>(() => tiles!.Fill(product.Source, 0, 2)).ParamName);
        Assert.Equal("pieceCount", Assert.Throws<ArgumentOutOfRangeException>(() => tiles!.Fill(new float[33 * 39], 1, 2)).ParamName);

        ProductCase codes = new(WeightFormat.Int8, 33, 4, 40, 40, 2, 1), others = new(WeightFormat.Int8, 33, 4, 40, 40, 1, 2);
        using PreparedFloats? otherChannels = Codes().Reserve(33, others.Weights);
        Assert.Equal("prepared", Assert.Throws<ArgumentException>(() => Codes().Multiply(codes.Activations, 33, codes.Weights, 0, 4, new float[33 * 4], otherChannels)).ParamName);
    }

    private static FloatMatmulTiles Floats(string tileKernel = "twin", FloatPrecision precision = FloatPrecision.F32) =>
        new(new BF16Product(BF16TileKernels.All[tileKernel]), new FloatMatmulLanes<Lanes512, Vector512<float>>(), precision, fromRows: 0);

    private static CodeProductSimd Codes(string tileKernel = "twin") => ProductKernels.WithFloatTiles(BF16TileKernels.All[tileKernel], FloatPrecision.F32, fromTokens: 32);

    private static void AssertSameBits(float[] expected, float[] actual) =>
        Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), actual.Select(BitConverter.SingleToInt32Bits));
}
