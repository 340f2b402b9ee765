using OutlierQuant.Kernels.CodeProduct;
using Xunit;

namespace OutlierQuant.Kernels.Tests.CodeProduct;

/// <summary>Each wrong argument of a product is refused by every implementation, by name.</summary>
public sealed class CodeProductShapeTests
{
    public static TheoryData<string> Kernels => [.. ProductKernels.Names];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_WrongSourceOfCodes_ThrowsNamingSource(string kernel)
    {
        AssertCodesRefused(kernel, "source", "Activation codes of 70 columns need a stride of 128, but it is 70", stride: 70);
        AssertCodesRefused(kernel, "source", "2 tokens of stride 128 need 256 activation codes, but there are 255", codes: 255);
        AssertCodesRefused(kernel, "source", "2 tokens of 1 preserved channels need 2 preserved activations, but there are 3", preserved: 3);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_WrongSourceOfFloats_ThrowsNamingIt(string kernel)
    {
        AssertRefused(kernel, "source", "2 tokens of 70 columns need 140 activations, but there are 139", onCodes: false, source: 139);
        AssertRefused(kernel, "tokens", "", onCodes: false, tokens: -1);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_WrongWeights_ThrowsNamingWeights(string kernel)
    {
        foreach (bool onCodes in new[] { true, false })
        {
            AssertRefused(kernel, "weights", "negative number of rows", onCodes, rows: -1);
            AssertRefused(kernel, "weights", "0 to 131072 columns", onCodes, columns: -1);
            AssertRefused(kernel, "weights", "0 to 131072 columns", onCodes, columns: 131073);
            AssertRefused(kernel, "weights", "at least one column", onCodes, groupSize: 0);
            AssertRefused(kernel, "weights", "at least one column", onCodes, groupSize: -32);
            AssertRefused(kernel, "weights", "3 rows of 70 Int4 codes need 192 bytes, but there are 191", onCodes, packed: 191);
            AssertRefused(kernel, "weights", "in groups of 32 need 9 scales, but there are 8", onCodes, scales: 8);
            AssertRefused(kernel, "weights", "3 rows of 1 preserved channels need 3 preserved weights, but there are 2", onCodes, preservedColumns: 2);
            AssertRefused(kernel, "weights", "Preserved channel 0 is 70, but preserved channels rise and lie in 0 to 69", onCodes, channels: [70]);
            AssertRefused(kernel, "weights", "Preserved channel 0 is -1", onCodes, channels: [-1]);
            AssertRefused(kernel, "weights", "Preserved channel 1 is 5", onCodes, channels: [5, 5], preservedColumns: 6);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_WrongRowsOrDestination_ThrowsNamingIt(string kernel)
    {
        foreach (bool onCodes in new[] { true, false })
        {
            AssertRefused(kernel, "firstRow", "", onCodes, firstRow: -1);
            AssertRefused(kernel, "rowCount", "", onCodes, rowCount: -1);
            AssertRefused(kernel, "rowCount", "Rows 1 to 3 are asked of a matrix of 3 rows", onCodes, firstRow: 1, rowCount: 3);
            AssertRefused(kernel, "destination", "2 tokens of 3 rows need 6 products, but there are 5", onCodes, destination: 5);
        }
    }

    [Fact]
    public void Describe_EveryFormat_NamesOperandsAndInstructions()
    {
        Assert.Equal("int8×int4 reference", new CodeProductReference().Describe(Weights(), integerActivations: true, 1));
        Assert.Equal("float×ternary reference", new CodeProductReference().Describe(Weights() with { Format = WeightFormat.Ternary }, integerActivations: false, 1));
        Assert.StartsWith("int8×int4 ", KernelSuite.Fastest.CodeProduct.Describe(Weights(), integerActivations: true, 1), StringComparison.Ordinal);
        ArgumentException refused = Assert.Throws<ArgumentOutOfRangeException>(() => new CodeProductReference().Describe(Weights() with { Format = (WeightFormat)7 }, integerActivations: true, 1));
        Assert.Equal("format", refused.ParamName);
    }

    [Fact]
    public void Describe_EachRoute_IsTheOneThatMultiplies()
    {
        CodeProductSimd kernel = new(
            [new NamedRoute("row", 32, 1, mostTokens: 3), new NamedRoute("tiles", 64, 32), new NamedRoute("lanes", 32, 1)], [new NamedRoute("floatRow", 32, 1, mostTokens: 1), new NamedRoute("floatPanels", 1, 1)]);

        Assert.Equal("int8×int4 row", kernel.Describe(Weights(groupSize: 32), integerActivations: true, 1));
        Assert.Equal("int8×int4 row", kernel.Describe(Weights(groupSize: 32), integerActivations: true, 3));
        Assert.Equal("int8×int4 lanes", kernel.Describe(Weights(groupSize: 64), integerActivations: true, 4));
        Assert.Equal("int8×int4 lanes", kernel.Describe(Weights(groupSize: 64), integerActivations: true, 31));
        Assert.Equal("int8×int4 tiles", kernel.Describe(Weights(groupSize: 64), integerActivations: true, 32));
        Assert.Equal("int8×int4 lanes", kernel.Describe(Weights(groupSize: 32), integerActivations: true, 32));
        Assert.Equal("int8×int4 reference", kernel.Describe(Weights(groupSize: 8), integerActivations: true, 32));
        Assert.Equal("float×int4 floatRow", kernel.Describe(Weights(groupSize: 32), integerActivations: false, 1));
        Assert.Equal("float×int4 floatPanels", kernel.Describe(Weights(groupSize: 8), integerActivations: false, 1));
        Assert.Equal("float×int4 floatPanels", kernel.Describe(Weights(groupSize: 32), integerActivations: false, 2));
    }

    private static void AssertCodesRefused(string kernel, string parameter, string message, int codes = 256, int stride = 128, int preserved = 2)
    {
        ArgumentException exception = Assert.ThrowsAny<ArgumentException>(() => ProductKernels.Named(kernel).Multiply(
            new ActivationCodes { Codes = new sbyte[codes], Stride = stride, Scales = new float[2], Preserved = new float[preserved] }, Weights(), 0, 3, new float[6]));
        AssertNames(exception, parameter, message);
    }

    private static void AssertRefused(
        string kernel, string parameter, string message, bool onCodes, int source = 140, int tokens = 2, int rows = 3, int columns = 70, int groupSize = 32, int packed = 192,
        int scales = 9, int[]? channels = null, int preservedColumns = 3, int firstRow = 0, int rowCount = 3, int destination = 6)
    {
        ArgumentException exception = Assert.ThrowsAny<ArgumentException>(() =>
        {
            PackedWeights weights = Weights(rows, columns, groupSize, packed, scales, channels, preservedColumns);
            if (onCodes)
            {
                int preserved = 2 * (channels?.Length ?? 1);
                ActivationCodes codes = new() { Codes = new sbyte[256], Stride = 128, Scales = new float[2], Preserved = new float[preserved] };
                ProductKernels.Named(kernel).Multiply(codes, weights, firstRow, rowCount, new float[destination]);
            }
            else
            {
                ProductKernels.Named(kernel).Multiply(new float[source], tokens, weights, firstRow, rowCount, new float[destination]);
            }
        });
        AssertNames(exception, parameter, message);
    }

    private static PackedWeights Weights(int rows = 3, int columns = 70, int groupSize = 32, int packed = 192, int scales = 9, int[]? channels = null, int preservedColumns = 3) => new()
    {
        Format = WeightFormat.Int4,
        Rows = rows,
        Columns = columns,
        GroupSize = groupSize,
        Codes = new byte[packed],
        Scales = new float[scales],
        PreservedChannels = channels ?? [5],
        PreservedColumns = new float[preservedColumns],
    };

    private static void AssertNames(ArgumentException exception, string parameter, string message)
    {
        Assert.Equal(parameter, exception.ParamName);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    /// <summary>A route that only says what it would take.</summary>
    private sealed class NamedRoute(string name, int groupMultiple, int fewestTokens, int mostTokens = int.MaxValue) : IIntegerRoute, IFloatRoute
    {
        public string Name => name;

        public int FewestTokens => fewestTokens;

        public bool Fits(PackedWeights weights) => weights.GroupSize % groupMultiple == 0;

        int IIntegerRoute.MostTokens(PackedWeights weights) => mostTokens;

        int IFloatRoute.MostTokens(PackedWeights weights) => Fits(weights) ? mostTokens : 0;

        public void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination) => destination.Clear();

        public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared) => destination.Clear();
    }
}
