using OutlierQuant.Kernels.TiledProduct.BF16;
using Xunit;

namespace OutlierQuant.Kernels.Tests.TiledProduct;

public sealed class PartProductsTests
{
    [Theory]
    [InlineData(1, 1, "00")]
    [InlineData(1, 3, "02 01 00")]
    [InlineData(2, 3, "02 11 01 10 00")]
    [InlineData(3, 3, "02 11 20 01 10 00")]
    public void Offsets_OfParts_CoverIndexSumsUpToTwoSmallestFirst(int weightParts, int activationParts, string expected)
    {
        nint[] offsets = new nint[2 * PartProducts.MaxCount];
        int count = PartProducts.Offsets(weightParts, activationParts, 100, 1000, offsets);
        Assert.Equal(expected, string.Join(' ', Enumerable.Range(0, count).Select(i => $"{offsets[2 * i] / 100}{offsets[(2 * i) + 1] / 1000}")));
    }
}
