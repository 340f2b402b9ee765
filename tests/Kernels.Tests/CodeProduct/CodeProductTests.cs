using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.Threading;
using Xunit;

namespace OutlierQuant.Kernels.Tests.CodeProduct;

public sealed class CodeProductTests
{
    // Around every vector, slice, block, quad and panel of columns.
    private static readonly int[] _columns = [1, 2, 7, 31, 32, 33, 63, 64, 65, 96, 97, 127, 128, 129, 160, 191, 192, 255, 256, 257, 384, 509, 512, 513, 641, 1031];

    // Around the tiles of 4 rows and the panels of 16 and 32.
    private static readonly int[] _rows = [1, 2, 3, 4, 5, 7, 15, 16, 17, 31, 33, 37];

    private static readonly int[] _tokens = [0, 1, 1, 2, 3, 4, 5];

    private static readonly int[] _groupSizes = [32, 64, 96, 128, 256, int.MaxValue, 1, 5, 33, 100];

    private static readonly int[] _preserved = [0, 1, 4, 17];

    public static TheoryData<string, WeightFormat, bool> Cases
    {
        get
        {
            TheoryData<string, WeightFormat, bool> cases = [];
            foreach (string kernel in ProductKernels.Names)
            {
                foreach (WeightFormat format in Enum.GetValues<WeightFormat>())
                {
                    cases.Add(kernel, format, true);
                    cases.Add(kernel, format, false);
                }
            }

            return cases;
        }
    }

    public static TheoryData<string> Kernels => [.. ProductKernels.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_EveryShape_StaysWithinToleranceOfReference(string kernel, WeightFormat format, bool onCodes)
    {
        Random random = new(20261122);
        foreach (int columns in _columns)
        {
            // Every column count meets four group sizes; over all of them, every group size meets every kind of tail.
            for (int i = 0; i < 4; i++)
            {
                int groupSize = _groupSizes[random.Next(_groupSizes.Length)];
                int rows = _rows[random.Next(_rows.Length)], tokens = _tokens[random.Next(_tokens.Length)], preserved = _preserved[random.Next(_preserved.Length)];
                ProductCase product = new(format, tokens, rows, columns, groupSize == int.MaxValue ? columns : groupSize, preserved, random.Next());
                AssertNearReference(product, kernel, onCodes);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_GroupsLongerThanTheRow_AreOneGroup(string kernel, WeightFormat format, bool onCodes)
    {
        AssertNearReference(new ProductCase(format, 1, 5, 70, 1000, 2, 1), kernel, onCodes);
        AssertNearReference(new ProductCase(format, 3, 5, 70, int.MaxValue / 2, 2, 1), kernel, onCodes);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_Int4GroupsByHand_GivesTheSum(string kernel)
    {
        // Row 0: (1·3 + 2·-4)·0.5 over columns 0 and 1, (-7·5)·2 over column 32, and 10·0.25 for the preserved channel 33: -70; times 0.5, plus 2.5.
        // Row 1: only the preserved channel: 10·(-1).
        ProductCase product = new(WeightFormat.Int4, 1, 2, 34, 32, 0, 0);
        product.WeightCodes.AsSpan().Clear();
        (product.WeightCodes[0], product.WeightCodes[1], product.WeightCodes[32]) = (1, 2, -7);
        product.Pack();
        sbyte[] codes = new sbyte[128];
        (codes[0], codes[1], codes[32]) = (3, -4, 5);
        PackedWeights weights = new()
        {
            Format = WeightFormat.Int4,
            Rows = 2,
            Columns = 34,
            GroupSize = 32,
            Codes = product.Packed,
            Scales = new float[] { 0.5f, 2f, 1f, 1f },
            PreservedChannels = new int[] { 33 },
            PreservedColumns = new float[] { 0.25f, -1f },
        };
        float[] destination = new float[2];
        ActivationCodes source = new() { Codes = codes, Stride = 128, Scales = new float[] { 0.5f }, Preserved = new float[] { 10f } };
        ProductKernels.Named(kernel).Multiply(source, weights, 0, 2, destination);
        Assert.Equal([-33.75f, -10f], destination);

        float[] activations = new float[34];
        (activations[0], activations[1], activations[32], activations[33]) = (1.5f, -2f, 2.5f, 10f);
        ProductKernels.Named(kernel).Multiply(activations, 1, weights, 0, 2, destination);
        Assert.Equal([-33.75f, -10f], destination);
    }

    [Theory]
    [InlineData(WeightFormat.Int8, 127)]
    [InlineData(WeightFormat.Int4, 7)]
    [InlineData(WeightFormat.Ternary, 1)]
    public void Multiply_ExtremeCodesOverALongRow_SumExactly(WeightFormat format, int qMax)
    {
        // 127 · 127 · 2^13 is near 2^27: far beyond what 16-bit sums hold, and beyond the integers that binary32 holds exactly.
        const int Columns = 8192;
        foreach (string kernel in ProductKernels.Names)
        {
            foreach (int tokens in new[] { 1, 2 })
            {
                ProductCase product = new(format, tokens, 4, Columns, Columns, 0, 3);
                product.Scales.AsSpan().Fill(1);
                product.ActivationScales.AsSpan().Fill(1);
                for (int i = 0; i < product.WeightCodes.Length; i++)
                {
                    // Row 0: all negative; row 1: all positive; row 2: alternating; row 3: one code apart from its neighbour.
                    int row = i / Columns;
                    product.WeightCodes[i] = (sbyte)(row switch { 0 => -qMax, 1 => qMax, 2 => i % 2 == 0 ? qMax : -qMax, _ => i % 2 == 0 ? qMax : qMax - 1 });
                }

                product.Pack();
                product.ActivationCodes.AsSpan().Fill(127);
                float expected = 127f * qMax * Columns;
                float[] products = product.Multiply(ProductKernels.Named(kernel), onCodes: true);
                float[] expectedRows = [-expected, expected, 0, 127f * (Columns / 2) * ((2 * qMax) - 1)];
                Assert.Equal([.. Enumerable.Repeat(expectedRows, tokens).SelectMany(rows => rows)], products);

                product.ActivationCodes.AsSpan().Fill(-127);
                products = product.Multiply(ProductKernels.Named(kernel), onCodes: true);
                Assert.Equal([.. Enumerable.Repeat(expectedRows, tokens).SelectMany(rows => rows).Select(value => -value)], products.Select(value => value + 0f));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_AnySplitOfTheRows_GivesTheSameBits(string kernel, WeightFormat format, bool onCodes)
    {
        foreach ((int tokens, int groupSize) in new[] { (1, 32), (1, 700), (5, 128), (5, 700), (3, 17) })
        {
            ProductCase product = new(format, tokens, 53, 700, groupSize, 4, 5);
            float[] whole = product.Multiply(ProductKernels.Named(kernel), onCodes);
            foreach (int parts in new[] { 2, 3, 7, 53 })
            {
                float[] split = new float[whole.Length];
                for (int p = 0; p < parts; p++)
                {
                    int first = 53 * p / parts;
                    product.Multiply(ProductKernels.Named(kernel), onCodes, first, (53 * (p + 1) / parts) - first, split);
                }

                Assert.Equal(Bits(whole), Bits(split));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Multiply_AnyThreadCount_GivesTheSameBits(int threads)
    {
        ICodeProductKernel kernel = KernelSuite.Simd.CodeProduct;
        using WorkerTeam team = new(threads);
        foreach (WeightFormat format in Enum.GetValues<WeightFormat>())
        {
            foreach (bool onCodes in new[] { true, false })
            {
                ProductCase product = new(format, 3, 301, 257, 64, 1, 6);
                float[] whole = product.Multiply(kernel, onCodes), shared = new float[whole.Length];
                team.Run(product.Rows, kernel.RowGranularity, (first, count) => product.Multiply(kernel, onCodes, first, count, shared));
                Assert.Equal(Bits(whole), Bits(shared));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_SomeRows_LeavesTheOthersUntouched(string kernel, WeightFormat format, bool onCodes)
    {
        foreach (int tokens in new[] { 1, 3 })
        {
            ProductCase product = new(format, tokens, 41, 130, 130, 1, 7);
            float[] whole = product.Multiply(ProductKernels.Named(kernel), onCodes), some = new float[whole.Length];
            some.AsSpan().Fill(12345f);
            product.Multiply(ProductKernels.Named(kernel), onCodes, 3, 20, some);
            product.Multiply(ProductKernels.Named(kernel), onCodes, 30, 0, some);
            for (int i = 0; i < some.Length; i++)
            {
                Assert.Equal(i % 41 is >= 3 and < 23 ? whole[i] : 12345f, some[i]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_PreservedInfinity_ReachesOnlyItsWeights(string kernel, WeightFormat format, bool onCodes)
    {
        // Channel 40 is infinite and preserved. Row 0 gives it weight 2, row 1 weight -1: no NaN from code 0 · infinity.
        foreach (int tokens in new[] { 1, 2 })
        {
            ProductCase product = new(format, tokens, 2, 100, 100, 1, 8);
            int channel = product.PreservedChannels[0];
            (product.PreservedColumns[0], product.PreservedColumns[1]) = (2, -1);
            (product.Activations[channel], product.PreservedActivations[0]) = (float.PositiveInfinity, float.PositiveInfinity);
            float[] products = product.Multiply(ProductKernels.Named(kernel), onCodes);
            Assert.Equal([float.PositiveInfinity, float.NegativeInfinity], products[..2]);
            Assert.All(products[2..], value => Assert.True(float.IsFinite(value)));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_NaN_ReachesEveryRowOfItsTokenOnly(string kernel, WeightFormat format, bool onCodes)
    {
        foreach (int column in new[] { 0, 45, 99 })
        {
            foreach (int tokens in new[] { 1, 2, 3 })
            {
                ProductCase product = new(format, tokens, 5, 100, 100, 0, 9);
                product.Activations[column] = float.NaN;
                product.ActivationScales[0] = float.NaN;
                float[] products = product.Multiply(ProductKernels.Named(kernel), onCodes);
                Assert.All(products[..5], value => Assert.True(float.IsNaN(value)));
                Assert.All(products[5..], value => Assert.True(float.IsFinite(value)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_MassiveActivation_KeepsTheSmallOnes(string kernel, WeightFormat format, bool onCodes)
    {
        // The largest value is 10^5 times the others and meets code 0 in row 0: what is left there must be as exact as without it.
        foreach (int tokens in new[] { 1, 2 })
        {
            ProductCase product = new(format, tokens, 3, 512, 512, 0, 10);
            for (int t = 0; t < tokens; t++)
            {
                product.Activations[(t * 512) + 200] = 500_000;
            }

            product.WeightCodes[200] = 0;
            product.Pack();
            AssertNearReference(product, kernel, onCodes);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_NoRowsOrNoColumns_GivesNothingOrZeros(string kernel, WeightFormat format, bool onCodes)
    {
        Assert.Empty(new ProductCase(format, 3, 0, 64, 32, 0, 11).Multiply(ProductKernels.Named(kernel), onCodes));
        Assert.Equal(new float[6], new ProductCase(format, 3, 2, 0, 1, 0, 11).Multiply(ProductKernels.Named(kernel), onCodes));
        Assert.Equal(new float[2], new ProductCase(format, 1, 2, 0, 1, 0, 11).Multiply(ProductKernels.Named(kernel), onCodes));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_AllCodesZero_GivesZeroExactly(string kernel, WeightFormat format, bool onCodes)
    {
        foreach (int tokens in new[] { 1, 4 })
        {
            ProductCase product = new(format, tokens, 3, 200, 32, 0, 12);
            product.WeightCodes.AsSpan().Clear();
            product.Pack();
            Assert.All(product.Multiply(ProductKernels.Named(kernel), onCodes), value => Assert.Equal(0f, value));
        }
    }

    [Property(MaxTest = 60)]
    public Property Multiply_ScaledByPowersOfTwo_ScalesExactly() => Prop.ForAll(
        Gen.Choose(1, 300).ToArbitrary(), Gen.Choose(0, 1_000_000).ToArbitrary(), Gen.Elements(Enum.GetValues<WeightFormat>()).ToArbitrary(), (columns, seed, format) =>
        {
            ProductCase product = new(format, 1 + (seed % 3), 1 + (seed % 7), columns, 32, seed % 2, seed);
            float[] once = product.Multiply(KernelSuite.Simd.CodeProduct, onCodes: true);
            (float[] scales, float[] preserved) = (product.ActivationScales, product.PreservedActivations);
            for (int i = 0; i < scales.Length; i++)
            {
                scales[i] *= 4;
            }

            for (int i = 0; i < preserved.Length; i++)
            {
                preserved[i] *= 4;
            }

            return product.Multiply(KernelSuite.Simd.CodeProduct, onCodes: true).SequenceEqual(once.Select(value => 4 * value));
        });

    private static void AssertNearReference(ProductCase product, string kernel, bool onCodes)
    {
        float[] expected = product.Multiply(new CodeProductReference(), onCodes), actual = product.Multiply(ProductKernels.Named(kernel), onCodes);
        for (int t = 0; t < product.Tokens; t++)
        {
            for (int r = 0; r < product.Rows; r++)
            {
                int i = (t * product.Rows) + r;
                double difference = Math.Abs((double)expected[i] - actual[i]), bound = product.Bound(onCodes, t, r);
                Assert.True(
                    difference <= bound,
                    $"{product.Format}, {product.Tokens} tokens, {product.Rows} rows, {product.Columns} columns in groups of {product.GroupSize}, {product.PreservedChannels.Length} preserved: token {t}, row {r} is {actual[i]}, expected {expected[i]} ± {bound:g3}.");
            }
        }
    }

    private static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
}
