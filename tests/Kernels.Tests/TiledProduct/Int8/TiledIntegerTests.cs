using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.Tests.CodeProduct;
using OutlierQuant.Kernels.Threading;
using Xunit;

namespace OutlierQuant.Kernels.Tests.TiledProduct.Int8;

/// <summary>Products over codes in tiles, at the edges of tiles, pairs, strips, steps and panels; <see cref="CodeProductTests"/> holds what every product over codes must do.</summary>
public sealed class TiledIntegerTests
{
    public static TheoryData<string, WeightFormat> Cases
    {
        get
        {
            TheoryData<string, WeightFormat> cases = [];
            foreach (string kernel in TileKernels.All.Select(kernel => kernel.Name))
            {
                foreach (WeightFormat format in Enum.GetValues<WeightFormat>())
                {
                    cases.Add(kernel, format);
                }
            }

            return cases;
        }
    }

    public static TheoryData<string> Kernels => [.. TileKernels.All.Select(kernel => kernel.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_AroundEveryTileEdge_StaysWithinToleranceOfReference(string kernel, WeightFormat format)
    {
        // Tokens and rows around 16 and 32, columns around 64, and odd primes.
        (int Tokens, int Rows, int Columns, int GroupSize, int Preserved)[] shapes =
        [
            (1, 1, 1, 1, 0), (15, 16, 63, 63, 1), (16, 15, 64, 32, 0), (17, 31, 65, 64, 2), (31, 33, 127, 32, 0), (32, 32, 128, 64, 4), (33, 17, 129, 128, 1),
            (63, 3, 191, 64, 0), (64, 65, 96, 32, 17), (65, 5, 257, 128, 3), (97, 2, 193, 192, 1), (41, 43, 331, 331, 5), (130, 7, 61, 61, 1), (7, 101, 509, 128, 0), (37, 61, 160, 32, 6),
        ];
        foreach ((int tokens, int rows, int columns, int groupSize, int preserved) in shapes)
        {
            new ProductCase(format, tokens, rows, columns, groupSize, Math.Min(preserved, columns), tokens + rows).AssertNearReference(Named(kernel), onCodes: true);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_UnitScales_GivesTheIntegerSumsBitForBit(string kernel, WeightFormat format)
    {
        foreach ((int tokens, int rows, int columns) in new[] { (33, 35, 200), (20, 17, 1031) })
        {
            ProductCase product = new(format, tokens, rows, columns, columns, 0, 3);
            product.Scales.AsSpan().Fill(1);
            product.ActivationScales.AsSpan().Fill(1);
            Assert.Equal(IntegerSums(product), product.Multiply(Named(kernel), onCodes: true));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_LargestCodesOverManyColumns_DoesNotOverflow(string kernel, WeightFormat format)
    {
        foreach (int columns in new[] { 32_768, WeightPacking.MaxColumns })
        {
            foreach (sbyte activation in new sbyte[] { 127, -127 }.Take(columns == WeightPacking.MaxColumns ? 1 : 2))
            {
                ProductCase product = new(format, 2, 2, columns, columns, 0, 0);
                product.WeightCodes.AsSpan(0, columns).Fill((sbyte)-WeightPacking.QMax(format));
                product.WeightCodes.AsSpan(columns).Fill((sbyte)WeightPacking.QMax(format));
                product.Pack();
                product.ActivationCodes.AsSpan().Clear();
                product.ActivationCodes.AsSpan(0, columns).Fill(activation);
                product.ActivationCodes.AsSpan(product.Stride, columns).Fill((sbyte)-activation);
                product.Scales.AsSpan().Fill(1);
                product.ActivationScales.AsSpan().Fill(1);
                float sum = (float)((long)columns * activation * WeightPacking.QMax(format));
                Assert.Equal([-sum, sum, sum, -sum], product.Multiply(Named(kernel), onCodes: true));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_AnyRowRangeAndPackedBeforehand_GivesTheSameBits(string kernel, WeightFormat format)
    {
        ICodeProductKernel product = Named(kernel);
        foreach ((int columns, int groupSize) in new[] { (300, 300), (320, 64), (330, 32) })
        {
            ProductCase operands = new(format, 45, 77, columns, groupSize, 3, 9);
            float[] whole = operands.Multiply(product, onCodes: true), parts = new float[whole.Length];
            using PreparedCodes tiles = product.ReserveCodes(operands.Tokens, operands.Weights)!;
            for (int strip = tiles.Pieces - 1; strip >= 0; strip--)
            {
                tiles.Fill(operands.Codes, strip, 1);
            }

            ActivationCodes source = new() { Codes = operands.ActivationCodes, Stride = operands.Stride, Scales = operands.ActivationScales, Preserved = operands.PreservedActivations, Prepared = tiles };
            foreach ((int first, int count) in new[] { (0, 1), (1, 15), (16, 17), (33, 0), (33, 32), (65, 12) })
            {
                product.Multiply(source, operands.Weights, first, count, parts);
            }

            Assert.Equal(whole.Select(BitConverter.SingleToInt32Bits), parts.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Multiply_AnyThreadCount_GivesTheSameBits(int threads)
    {
        ICodeProductKernel kernel = KernelSuite.Fastest.CodeProduct;
        using WorkerTeam team = new(threads);
        foreach (WeightFormat format in Enum.GetValues<WeightFormat>())
        {
            ProductCase product = new(format, 40, 301, 257, 64, 1, 6);
            float[] once = new float[40 * 301], again = new float[once.Length];
            bool ownThreadsOnly = kernel.NeedsOwnThreads(format, integerActivations: true, product.Tokens);
            team.Run(1, 1, (_, _) => product.Multiply(kernel, onCodes: true, 0, product.Rows, once), ownThreadsOnly);
            team.Run(product.Rows, kernel.RowGranularity, (first, count) => product.Multiply(kernel, onCodes: true, first, count, again), ownThreadsOnly);
            Assert.Equal(once.Select(BitConverter.SingleToInt32Bits), again.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_RowsOfSeveralPanels_CoversThemAll(string kernel)
    {
        // A pair of 32 rows takes 160 KiB here, so a panel holds three, and 200 rows three panels; a call takes one strip.
        ProductCase product = new(WeightFormat.Int8, 70, 200, 5120, 5120, 2, 4);
        float[] actual = product.Multiply(Named(kernel), onCodes: true);
        foreach (int row in new[] { 0, 31, 32, 95, 96, 127, 128, 191, 192, 199 })
        {
            float[] alone = new float[actual.Length];
            product.Multiply(new CodeProductReference(), onCodes: true, row, 1, alone);
            for (int t = 0; t < product.Tokens; t++)
            {
                float expected = alone[(t * product.Rows) + row];
                Assert.InRange(actual[(t * product.Rows) + row], expected - (Math.Abs(expected) * 1e-3f) - 1, expected + (Math.Abs(expected) * 1e-3f) + 1);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_ScalesAndPreservedOfANonFiniteToken_ReachOnlyItsProducts(string kernel, WeightFormat format)
    {
        ProductCase product = new(format, 34, 35, 100, 100, 2, 8);
        float[] before = product.Multiply(Named(kernel), onCodes: true);
        product.ActivationScales[3] = float.NaN;
        product.PreservedActivations[(2 * 33) + 1] = float.PositiveInfinity;
        float[] after = product.Multiply(Named(kernel), onCodes: true);
        for (int i = 0; i < after.Length; i++)
        {
            int token = i / product.Rows;
            float expected = token == 3 ? float.NaN
                : token == 33 ? float.PositiveInfinity * product.PreservedColumns[(i % product.Rows * 2) + 1]
                : before[i];
            Assert.Equal(expected, after[i]);
        }
    }

    [Fact]
    public void Fill_OtherShape_ThrowsNamingBoth()
    {
        ProductCase product = new(WeightFormat.Int8, 40, 4, 100, 100, 1, 0), other = new(WeightFormat.Int8, 41, 4, 100, 100, 1, 0);
        ICodeProductKernel kernel = ProductKernels.Named("tiles, software");
        using PreparedCodes tiles = kernel.ReserveCodes(product.Tokens, product.Weights)!;
        ArgumentException thrown = Assert.Throws<ArgumentException>(() => tiles.Fill(other.Codes, 0, 1));
        Assert.Equal("source", thrown.ParamName);
        Assert.Contains("40 tokens", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("41 tokens", thrown.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => tiles.Fill(product.Codes, -1, 1));
        Assert.Equal("pieceCount", Assert.Throws<ArgumentOutOfRangeException>(() => tiles.Fill(product.Codes, 1, 2)).ParamName);
        tiles.Fill(product.Codes, 0, 2);
        Assert.Throws<ArgumentException>(() =>
        {
            ActivationCodes source = new() { Codes = other.ActivationCodes, Stride = other.Stride, Scales = other.ActivationScales, Preserved = other.PreservedActivations, Prepared = tiles };
            kernel.Multiply(source, other.Weights, 0, 4, new float[41 * 4]);
        });
    }

    private static ICodeProductKernel Named(string kernel) => ProductKernels.Named($"tiles, {kernel}");

    private static float[] IntegerSums(ProductCase product)
    {
        float[] sums = new float[product.Tokens * product.Rows];
        for (int i = 0; i < sums.Length; i++)
        {
            long sum = 0;
            for (int c = 0; c < product.Columns; c++)
            {
                sum += product.WeightCodes[(i % product.Rows * product.Columns) + c] * product.ActivationCodes[(i / product.Rows * product.Stride) + c];
            }

            sums[i] = sum;
        }

        return sums;
    }
}
