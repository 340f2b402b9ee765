using FsCheck.Xunit;
using OutlierQuant.Eval.Scoring;

namespace OutlierQuant.Eval.Tests.Scoring;

public class WindowCutterTests
{
    private static readonly int[] s_text = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

    [Fact]
    public void CutWindows_WithBos_PutsItBeforeEachAndScoresAllText()
    {
        Assert.Equal(["0 [1 2 3]", "0 [4 5 6]", "0 [7 8 9]"], Describe(WindowCutter.CutWindows(s_text, 0, 4)));
    }

    [Fact]
    public void CutWindows_WithoutBos_ScoresAllButTheFirst()
    {
        Assert.Equal(["1 [2 3 4]", "5 [6 7 8]"], Describe(WindowCutter.CutWindows(s_text, null, 4)));
    }

    [Fact]
    public void CutWindows_TextOfExactlyOneWindow_IsOneWindow()
    {
        Assert.Equal(["0 [1 2 3]"], Describe(WindowCutter.CutWindows(s_text.AsSpan(0, 3), 0, 4)));
    }

    [Fact]
    public void CutStrided_HalfOverlap_ScoresEachTokenOnceAndTheTail()
    {
        // Ten tokens, windows at 0, 2, 4, 6: the last one ends at the text's end.
        Assert.Equal(
            ["1 [2 3 4]", "3 4 [5 6]", "5 6 [7 8]", "7 8 [9 10]"],
            Describe(WindowCutter.CutStrided(s_text, null, 4, 2)));
    }

    [Fact]
    public void CutStrided_WithBos_PutsItOnceBeforeTheText()
    {
        Assert.Equal(
            ["0 [1 2 3]", "3 [4 5 6]", "6 [7 8 9]", "9 [10]"],
            Describe(WindowCutter.CutStrided(s_text, 0, 4, 3)));
    }

    [Fact]
    public void CutStrided_StrideEqualsContext_LosesTheFirstTokenOfEachWindow()
    {
        Assert.Equal(["1 [2 3]", "4 [5 6]", "7 [8 9]"], Describe(WindowCutter.CutStrided(s_text, null, 3, 3)));
    }

    [Fact]
    public void CutStrided_TextShorterThanContext_IsOneTrailingWindow()
    {
        Assert.Equal(["1 [2 3]"], Describe(WindowCutter.CutStrided(s_text.AsSpan(0, 3), null, 8, 4)));
    }

    [Fact]
    public void CutStridedWithBos_HalfOverlap_PutsItBeforeEachAndScoresEachTokenOnce()
    {
        Assert.Equal(["0 [1 2 3 4]", "0 3 4 [5 6]", "0 5 6 [7 8]", "0 7 8 [9 10]"], Describe(WindowCutter.CutStridedWithBos(s_text, 0, 5, 2)));
    }

    [Fact]
    public void CutStridedWithBos_LargestStride_LetsBosPredictTheFirstOfEachWindow()
    {
        Assert.Equal(["0 [1 2 3 4]", "0 [5 6 7 8]", "0 [9 10]"], Describe(WindowCutter.CutStridedWithBos(s_text, 0, 5, 4)));
    }

    [Fact]
    public void CutStridedWithBos_ImpossibleArguments_Throw()
    {
        Assert.Throws<ArgumentOutOfRangeException>("stride", () => WindowCutter.CutStridedWithBos(s_text, 0, 5, 5));
        Assert.Throws<ArgumentOutOfRangeException>("stride", () => WindowCutter.CutStridedWithBos(s_text, 0, 5, 0));
        Assert.Throws<ArgumentOutOfRangeException>("context", () => WindowCutter.CutStridedWithBos(s_text, 0, 1, 1));
        Assert.Contains("needs at least 1", Assert.Throws<ArgumentException>(() => WindowCutter.CutStridedWithBos([], 0, 5, 2)).Message, StringComparison.Ordinal);
    }

    [Property]
    public bool CutStridedWithBos_AnyStride_ScoresEveryTokenExactlyOnce(byte length, byte contextSeed, byte strideSeed)
    {
        var text = Enumerable.Range(100, length + 1).ToArray();
        var context = 2 + (contextSeed % 40);
        var stride = 1 + (strideSeed % (context - 1));
        var windows = WindowCutter.CutStridedWithBos(text, 0, context, stride);
        return windows.SelectMany(window => window.Targets.ToArray()).SequenceEqual(text) && windows.All(window => window.TokenIds[0] == 0 && window.TokenIds.Length <= context && window.TargetCount > 0);
    }

    [Property]
    public bool CutStrided_StrideBelowContext_ScoresEveryTokenButTheFirstExactlyOnce(byte length, byte contextSeed, byte strideSeed)
    {
        var text = Enumerable.Range(100, length + 2).ToArray();
        var context = 2 + (contextSeed % 40);
        var stride = 1 + (strideSeed % (context - 1));
        var scored = WindowCutter.CutStrided(text, null, context, stride).SelectMany(window => window.Targets.ToArray());
        return scored.SequenceEqual(text.Skip(1));
    }

    [Fact]
    public void CutLlamaCpp_WithBos_ReplacesTheFirstTokenAndScoresTheSecondHalf()
    {
        // The stream is BOS and the text; each window of four begins with BOS, and of the logits at 2 … 2 one token is scored.
        Assert.Equal(["0 1 2 [3]", "0 5 6 [7]"], Describe(WindowCutter.CutLlamaCpp(s_text, 0, 4)));
    }

    [Fact]
    public void CutLlamaCpp_WithoutBos_KeepsTheFirstToken()
    {
        Assert.Equal(["1 2 3 [4 5]", "6 7 8 [9 10]"], Describe(WindowCutter.CutLlamaCpp(s_text, null, 5)));
    }

    [Fact]
    public void CutLlamaCpp_Context512_Scores255Tokens()
    {
        var window = WindowCutter.CutLlamaCpp(new int[2000], 1, 512)[0];

        Assert.Equal(255, window.TargetCount);
        Assert.Equal(257, window.FirstTarget);
    }

    [Theory]
    [InlineData(1, "0")]
    [InlineData(2, "0 9")]
    [InlineData(3, "0 4 9")]
    [InlineData(4, "0 3 6 9")]
    [InlineData(10, "0 1 2 3 4 5 6 7 8 9")]
    [InlineData(99, "0 1 2 3 4 5 6 7 8 9")]
    public void PickEvenly_FewerThanThereAre_SpacesThem(int count, string expected)
    {
        Assert.Equal(expected, string.Join(' ', WindowCutter.PickEvenly(Enumerable.Range(0, 10).ToArray(), count)));
    }

    [Fact]
    public void CutWindows_TextTooShort_SaysWhatItNeeds()
    {
        var error = Assert.Throws<ArgumentException>(() => WindowCutter.CutWindows([1, 2], 0, 4));

        Assert.Equal("the text has 2 tokens, but the protocol 'windows' with a context of 4 needs at least 3. Give a longer text or a smaller context.", error.Message);
    }

    [Fact]
    public void CutLlamaCpp_LessThanTwoWindows_SaysWhatItNeeds()
    {
        Assert.Contains("needs at least 15", Assert.Throws<ArgumentException>(() => WindowCutter.CutLlamaCpp(s_text, 0, 8)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CutStrided_NothingToPredict_SaysWhatItNeeds()
    {
        Assert.Contains("needs at least 2", Assert.Throws<ArgumentException>(() => WindowCutter.CutStrided([5], null, 8, 4)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(4, 5)]
    [InlineData(1, 1)]
    public void CutStrided_BadSizes_Throw(int context, int stride)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => WindowCutter.CutStrided(s_text, null, context, stride));
    }

    [Fact]
    public void PickEvenly_Zero_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => WindowCutter.PickEvenly(s_text, 0));
    }

    private static IEnumerable<string> Describe(IEnumerable<ScoredWindow> windows) =>
        windows.Select(window => $"{string.Join(' ', window.TokenIds[..window.FirstTarget])} [{string.Join(' ', window.Targets.ToArray())}]");
}
