namespace OutlierQuant.Eval.Tests;

public class ControlWindowsTests
{
    private static readonly int[][] s_windows = [[0, 10, 11, 12, 13], [0, 14, 15, 16, 17]];

    [Fact]
    public void Shuffled_WithBos_KeepsBosAndDealsTheSameTokens()
    {
        var shuffled = ControlWindows.Shuffled(s_windows, startsWithBos: true, seed: 3);

        Assert.All(shuffled, window => Assert.Equal((0, 5), (window[0], window.Length)));
        Assert.Equal(Enumerable.Range(10, 8), shuffled.SelectMany(window => window.Skip(1)).Order());
        Assert.NotEqual(s_windows.SelectMany(window => window), shuffled.SelectMany(window => window));
        Assert.Equal(shuffled, ControlWindows.Shuffled(s_windows, startsWithBos: true, seed: 3));
        Assert.NotEqual(shuffled, ControlWindows.Shuffled(s_windows, startsWithBos: true, seed: 4));
    }

    [Fact]
    public void Shuffled_WithoutBos_MovesPositionZeroToo()
    {
        int[][] windows = [[.. Enumerable.Range(0, 100)]];

        var shuffled = ControlWindows.Shuffled(windows, startsWithBos: false, seed: 1)[0];

        Assert.NotEqual(0, shuffled[0]);
        Assert.Equal(Enumerable.Range(0, 100), shuffled.Order());
    }

    [Fact]
    public void RandomTokens_ManyDraws_ComeFromTheListAboutEquallyOften()
    {
        int[] ids = [4, 7, 9];

        var windows = ControlWindows.RandomTokens(ids, 100, 31, bosTokenId: 0, seed: 1);

        Assert.All(windows, window => Assert.Equal((0, 31), (window[0], window.Length)));
        var counts = windows.SelectMany(window => window.Skip(1)).CountBy(id => id).ToDictionary();
        Assert.Equal(ids, counts.Keys.Order());

        // 3000 draws: 1000 each, with a standard deviation of 26.
        Assert.All(counts.Values, count => Assert.InRange(count, 900, 1100));
    }

    [Fact]
    public void Repeated_EachWindow_HasOneToken()
    {
        var windows = ControlWindows.Repeated([4, 7, 9], 50, 6, bosTokenId: null, seed: 1);

        Assert.All(windows, window => Assert.Single(window.Distinct()));
        Assert.Equal(3, windows.Select(window => window[0]).Distinct().Count());
    }
}
