using OutlierQuant.Calibration.Profiles;
using Xunit;

namespace OutlierQuant.Calibration.Tests;

public sealed class PreservedChannelRuleTests
{
    [Fact]
    public void Suggest_TwoOutliers_NamesThemStrongestFirst()
    {
        // The median of {1, 1, 1, 9, 1, 40, 4, 1} is 1; above 4 × 1 are channels 5 and 3, and channel 6 is exactly at it.
        IReadOnlyList<SuggestedChannel> suggested = new PreservedChannelRule { MinRatio = 4, MaxShare = 1 }.Suggest(Of(1, 1, 1, 9, 1, 40, 4, 1));
        Assert.Equal([5, 3], suggested.Select(entry => entry.Channel));
        Assert.Equal("absmax 40 is 40.0 times the median channel's 1 (rule: more than 4)", suggested[0].Reason);
    }

    [Fact]
    public void Suggest_NoOutlier_IsEmpty() => Assert.Empty(new PreservedChannelRule().Suggest(Of(1, 1.5f, 2, 0.5f)));

    [Fact]
    public void Suggest_MoreThanTheShare_KeepsTheStrongest()
    {
        // A quarter of 8 channels is 2.
        IReadOnlyList<SuggestedChannel> suggested = new PreservedChannelRule { MinRatio = 4, MaxShare = 0.25 }.Suggest(Of(1, 1, 50, 9, 1, 40, 30, 1));
        Assert.Equal([2, 5], suggested.Select(entry => entry.Channel));
    }

    [Fact]
    public void Suggest_ShareBelowOneChannel_StillAllowsOne() =>
        Assert.Equal([1], new PreservedChannelRule { MaxShare = 0.01 }.Suggest(Of(1, 90, 80, 1, 1)).Select(entry => entry.Channel));

    [Fact]
    public void Suggest_ValueOfTheSink_SaysSo()
    {
        ChannelStatistics channels = new([1, 1, 50], [0, 0, 0], [0, 0, 0], [0, 0, -50], [0, 0, 0]);
        Assert.EndsWith("; it is the value at BOS", Assert.Single(new PreservedChannelRule().Suggest(channels)).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.5, 0.1, "minimum ratio")]
    [InlineData(double.NaN, 0.1, "minimum ratio")]
    [InlineData(4, 0, "largest share")]
    [InlineData(4, 1.5, "largest share")]
    public void Validate_OutOfRange_NamesTheSetting(double minRatio, double maxShare, string named) =>
        Assert.Contains(named, Assert.Throws<ArgumentException>(() => new PreservedChannelRule { MinRatio = minRatio, MaxShare = maxShare }.Validate()).Message, StringComparison.Ordinal);

    private static ChannelStatistics Of(params float[] absMax) => new(absMax, new float[absMax.Length], new float[absMax.Length], [], new float[absMax.Length]);
}
