using Xunit;

namespace OutlierQuant.Benchmarks.Tests;

public sealed class WeightShapeTests
{
    [Theory]
    [InlineData("11008x4096", 11008, 4096)]
    [InlineData("5120×13824", 5120, 13824)]
    [InlineData("1x1", 1, 1)]
    public void Parse_OutTimesIn_IsRead(string text, int outFeatures, int inFeatures)
    {
        var shape = WeightShape.Parse(text);

        Assert.Equal(new WeightShape(outFeatures, inFeatures), shape);
        Assert.Equal(shape, WeightShape.Parse(shape.ToString()));
        Assert.Equal((long)outFeatures * inFeatures, shape.Weights);
    }

    [Theory]
    [InlineData("")]
    [InlineData("4096")]
    [InlineData("0x5")]
    [InlineData("5x0")]
    [InlineData("-5x5")]
    [InlineData(" 5x5")]
    [InlineData("5x5x5")]
    [InlineData("5.5x5")]
    [InlineData("99999999999x5")]
    public void Parse_AnythingElse_SaysWhatIsNeeded(string text)
    {
        ArgumentException wrong = Assert.Throws<ArgumentException>(() => WeightShape.Parse(text));

        Assert.Contains($"'{text}' is not a shape", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("11008x4096", wrong.Message, StringComparison.Ordinal);
    }
}
