using OutlierQuant.Calibration.Folding;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Folding;

public sealed class FoldPrefixChoiceTests
{
    [Theory]
    [InlineData("bos", false, null)]
    [InlineData("auto", true, null)]
    [InlineData("0", false, new[] { 0 })]
    [InlineData("15,7,0", false, new[] { 15, 7, 0 })]
    public void Parse_WellFormed_IsReadAndWrittenBack(string text, bool isAuto, int[]? ids)
    {
        FoldPrefixChoice choice = FoldPrefixChoice.Parse(text);

        Assert.Equal(isAuto, choice.IsAuto);
        Assert.Equal(ids, choice.TokenIds);
        Assert.Equal(text, choice.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("BOS")]
    [InlineData("1,")]
    [InlineData("1, 2")]
    [InlineData("-1")]
    [InlineData("99999999999")]
    public void Parse_Malformed_SaysWhatWouldBeRight(string text)
    {
        string message = Assert.Throws<ArgumentException>(() => FoldPrefixChoice.Parse(text)).Message;

        Assert.StartsWith($"'{text}' is no prefix to fold; write bos, auto, or token ids", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_NoToken_IsRefused() => Assert.Throws<ArgumentException>("tokenIds", () => FoldPrefixChoice.Of([]));

    [Theory]
    [InlineData(-0.5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Validate_ImpossibleBound_IsRefused(double bound) =>
        Assert.Contains("a number from 0 on", Assert.Throws<ArgumentException>(() => new FoldOptions { DropValuesBelow = bound }.Validate()).Message, StringComparison.Ordinal);

    [Fact]
    public void NeedsNoText_OnlyWithoutSearchMergeAndDrop()
    {
        Assert.True(new FoldOptions().NeedsNoText);
        Assert.True(new FoldOptions { Prefix = FoldPrefixChoice.Of([3, 0]) }.NeedsNoText);
        Assert.False(new FoldOptions { Prefix = FoldPrefixChoice.Auto }.NeedsNoText);
        Assert.False(new FoldOptions { Merge = true }.NeedsNoText);
        Assert.False(new FoldOptions { DropValuesBelow = 0 }.NeedsNoText);
    }
}
