using Xunit;

namespace OutlierQuant.Calibration.Tests;

public sealed class CalibrationSetTests
{
    private static readonly CalibrationSet s_set = new("text", [.. Enumerable.Range(0, 10).Select(i => new[] { 0, i, i + 1 })], true, 3, 12);

    [Theory]
    [InlineData(1, new[] { 0 })]
    [InlineData(2, new[] { 0, 9 })]
    [InlineData(4, new[] { 0, 3, 6, 9 })]
    [InlineData(10, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })]
    [InlineData(50, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })]
    public void Pick_Count_KeepsEvenlySpacedWindows(int count, int[] expected) => Assert.Equal(expected, s_set.Pick(count).Windows.Select(window => window[1]));

    [Fact]
    public void Pick_None_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>("count", () => s_set.Pick(0));

    [Fact]
    public void Shorten_LongerThanTheWindows_ChangesNothing() => Assert.Same(s_set, s_set.Shorten(3));

    [Fact]
    public void Shorten_Shorter_DropsTheEndAndSaysSo()
    {
        CalibrationSet shortened = s_set.Shorten(2);

        Assert.Equal(2, shortened.Context);
        Assert.Equal([0, 4], shortened.Windows[4]);
    }

    [Fact]
    public void RequireBos_WithAndWithout_GivesItOrNamesTheOption()
    {
        Assert.Equal(0, s_set.RequireBos());
        Assert.Contains("--no-bos", Assert.Throws<ArgumentException>(() => (s_set with { Bos = false }).RequireBos()).Message, StringComparison.Ordinal);
    }
}
