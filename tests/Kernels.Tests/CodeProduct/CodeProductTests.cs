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
    private static readonly int[] _columns = [1, 2, 7, 31, 32, 33, 63, 64, 65, 96, 97, 127, 128, 129, 160, 191, 192, 255, 256, 257, 384, 509, 512, 513, 640, 641, 1031, 1152];

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
                product.AssertNearReference(ProductKernels.Named(kernel), onCodes);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_FewTokensOverWholeQuads_StaysWithinToleranceOfReference(string kernel, WeightFormat format, bool onCodes)
    {
        // Every kind of group of the routes by rows, the last one shorter in many; every number of tokens that takes them, and one more.
        int seed = 30;
        foreach (int groupSize in new[] { 32, 64, 96, 128, 160, 256, 384, 1024 })
        {
            foreach (int tokens in new[] { 1, 2, 16, 17 })
            {
                new ProductCase(format, tokens, 1 + (seed % 17), groupSize % 3 == 0 ? 640 : 1024, groupSize, seed % 3, seed++).AssertNearReference(ProductKernels.Named(kernel), onCodes);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_GroupsLongerThanTheRow_AreOneGroup(string kernel, WeightFormat format, bool onCodes)
    {
        new ProductCase(format, 1, 5, 70, 1000, 2, 1).AssertNearReference(ProductKernels.Named(kernel), onCodes);
        new ProductCase(format, 3, 5, 70, int.MaxValue / 2, 2, 1).AssertNearReference(ProductKernels.Named(kernel), onCodes);
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
    [MemberData(nameof(Cases))]
    public void Multiply_AnySplitOfTheRows_GivesTheSameBits(string kernel, WeightFormat format, bool onCodes)
    {
        foreach ((int tokens, int columns, int groupSize) in new[] { (1, 700, 32), (1, 700, 700), (1, 640, 32), (1, 640, 128), (1, 640, 640), (5, 640, 64), (5, 700, 128), (5, 700, 700), (3, 300, 17) })
        {
            ProductCase product = new(format, tokens, 53, columns, groupSize, 4, 5);
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
        ICodeProductKernel kernel = KernelSuite.Fastest.CodeProduct;
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

    [Property(MaxTest = 60)]
    public Property Multiply_ScaledByPowersOfTwo_ScalesExactly() => Prop.ForAll(
        Gen.Choose(1, 300).ToArbitrary(), Gen.Choose(0, 1_000_000).ToArbitrary(), Gen.Elements(Enum.GetValues<WeightFormat>()).ToArbitrary(), (columns, seed, format) =>
        {
            ProductCase product = new(format, 1 + (seed % 3), 1 + (seed % 7), columns, 32, seed % 2, seed);
            float[] once = product.Multiply(KernelSuite.Fastest.CodeProduct, onCodes: true);
            (float[] scales, float[] preserved) = (product.ActivationScales, product.PreservedActivations);
            for (int i = 0; i < scales.Length; i++)
            {
                scales[i] *= 4;
            }

            for (int i = 0; i < preserved.Length; i++)
            {
                preserved[i] *= 4;
            }

            return product.Multiply(KernelSuite.Fastest.CodeProduct, onCodes: true).SequenceEqual(once.Select(value => 4 * value));
        });

    private static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
}
