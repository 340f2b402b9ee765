using OutlierQuant.Benchmarks.Workloads;
using Xunit;

namespace OutlierQuant.Benchmarks.Tests;

public sealed class ProductKernelTests
{
    [Theory]
    [InlineData("f32", new[] { "float×f32" })]
    [InlineData("int8xint4", new[] { "int8×int4", "int8×int4-g128", "int8×int4-g32" })]
    [InlineData("×TERNARY", new[] { "int8×ternary", "float×ternary" })]
    public void Matching_PartOfAName_FindsAll(string text, string[] names) => Assert.Equal(names, ProductKernel.Matching(text).Select(kernel => kernel.Name));

    [Fact]
    public void Matching_NoName_ListsThem()
    {
        ArgumentException wrong = Assert.Throws<ArgumentException>(() => ProductKernel.Matching("int3"));

        Assert.Contains("'int3'", wrong.Message, StringComparison.Ordinal);
        Assert.All(ProductKernel.All, kernel => Assert.Contains(kernel.Name, wrong.Message, StringComparison.Ordinal));
    }

    // 10 output features of 256 input features: floats, packed codes (blocks of 32 bytes), 4 bytes a scale.
    [Theory]
    [InlineData("float×f32", 10 * 256 * 4)]
    [InlineData("float×bf16", 10 * 256 * 2)]
    [InlineData("int8×int8", 10 * (256 + 4))]
    [InlineData("int8×int4", 10 * (128 + 4))]
    [InlineData("int8×int4-g128", 10 * (128 + 8))]
    [InlineData("float×int4-g32", 10 * (128 + 32))]
    [InlineData("float×ternary", 10 * (64 + 4))]
    public void WeightBytes_AreCodesAndScales(string name, double bytes) => Assert.Equal(bytes, Case(name, 10, 256, 1).WeightBytes);

    [Fact]
    public void Bytes_CountEveryArrayOnce()
    {
        ProductCase codes = Case("int8×int8", 10, 256, 3), floats = Case("float×int8", 10, 256, 3);
        const double Weights = 10 * 260, Products = 3 * 10 * 4, Columns = 10 * 2 * 4;

        Assert.Equal(Weights + (3 * (256 + 4)) + Products, codes.Bytes(0, false));
        Assert.Equal(Weights + Columns + (3 * (256 + 4 + 8)) + Products, codes.Bytes(2, false));
        Assert.Equal(Weights + Columns + (3 * 1024) + Products, codes.Bytes(2, true));
        Assert.Equal(Weights + (3 * 1024) + Products, floats.Bytes(0, false));
        Assert.Equal(2.0 * 10 * 256 * 3, codes.Operations);
    }

    private static ProductCase Case(string name, int outFeatures, int inFeatures, int rows) => new(ProductKernel.Matching(name)[0], new(outFeatures, inFeatures), rows);
}
