using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Calibration.Tests;

public sealed class TextWindowsTests
{
    private static readonly int[] Tokens = [.. Enumerable.Range(100, 23)];

    [Fact]
    public void Cut_WithBos_PutsItBeforeOneTokenLess()
    {
        // 23 tokens make 7 windows of 3; the last 2 tokens are dropped.
        CalibrationSet set = TextWindows.Cut(Tokens, "t", context: 4, bosTokenId: 1, maxWindows: null);
        Assert.Equal((7, 7, true, 4, "t"), (set.Windows.Count, set.WindowsInText, set.Bos, set.Context, set.Source));
        Assert.Equal([1, 100, 101, 102], set.Windows[0]);
        Assert.Equal([1, 118, 119, 120], set.Windows[6]);
    }

    [Fact]
    public void Cut_WithoutBos_UsesTheWholeContext()
    {
        CalibrationSet set = TextWindows.Cut(Tokens, "t", context: 4, bosTokenId: null, maxWindows: null);
        Assert.Equal((5, false), (set.Windows.Count, set.Bos));
        Assert.Equal([104, 105, 106, 107], set.Windows[1]);
    }

    [Theory]
    [InlineData(1, new[] { 0 })]
    [InlineData(2, new[] { 0, 6 })]
    [InlineData(3, new[] { 0, 3, 6 })]
    [InlineData(5, new[] { 0, 1, 3, 4, 6 })] // floor(i · 6 / 4) = 0, 1.5, 3, 4.5, 6
    [InlineData(7, new[] { 0, 1, 2, 3, 4, 5, 6 })]
    [InlineData(100, new[] { 0, 1, 2, 3, 4, 5, 6 })]
    public void Cut_FewerWindows_AreEvenlySpacedFromFirstToLast(int maxWindows, int[] expected)
    {
        CalibrationSet set = TextWindows.Cut(Tokens, "t", context: 3, bosTokenId: null, maxWindows);
        Assert.Equal(7, set.WindowsInText);
        Assert.Equal(expected, set.Windows.Select(window => (window[0] - 100) / 3));
    }

    [Fact]
    public void Cut_TextShorterThanWindow_SaysBothLengths()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => TextWindows.Cut(Tokens, "short.txt", context: 25, bosTokenId: 1, maxWindows: null));
        Assert.Equal("short.txt: the text has 23 tokens, and one window of context 25 needs 24; give a longer text or a smaller context.", error.Message);
    }

    [Theory]
    [InlineData("", 8, null, "empty.txt: the text is empty; calibration needs at least one window of 8 tokens.")]
    [InlineData("ab", 1, null, "The context is 1 tokens; a window needs at least 2.")]
    [InlineData("ab", -3, null, "The context is -3 tokens; a window needs at least 2.")]
    [InlineData("ab", 8, 0, "The largest number of windows is 0; at least 1 is needed.")]
    [InlineData("ab", 8, null, "empty.txt: the text has 2 tokens, and one window of context 8 needs 8; give a longer text or a smaller context.")]
    public void Cut_BadInput_IsOneClearLine(string text, int context, int? maxWindows, string expected)
    {
        using ByteTokenizer tokenizer = new();
        ArgumentException error = Assert.Throws<ArgumentException>(() => TextWindows.Cut(tokenizer.Tokenizer, text, "empty.txt", context, bos: false, maxWindows));
        Assert.Equal(expected, error.Message);
    }

    [Fact]
    public void Cut_BosWithoutBosToken_SaysHowToLeaveItOut()
    {
        using ByteTokenizer tokenizer = new();
        ArgumentException error = Assert.Throws<ArgumentException>(() => TextWindows.Cut(tokenizer.Tokenizer, "abcdefgh", "t", 4, bos: true, null));
        Assert.Contains("no beginning-of-sequence token", error.Message, StringComparison.Ordinal);
        Assert.Contains("--no-bos", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A byte-level tokenizer of the letters a to h, without merges and without special tokens.</summary>
    private sealed class ByteTokenizer : IDisposable
    {
        private readonly TemporaryDirectory _directory = new();

        public ByteTokenizer()
        {
            string vocabulary = "{" + string.Join(',', "abcdefgh".Select((letter, id) => $"\"{letter}\":{id}")) + "}";
            _directory.Write("tokenizer.json", $$"""
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,
                 "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
                 "post_processor":null,"decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
                 "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,
                 "fuse_unk":false,"byte_fallback":false,"ignore_merges":false,"vocab":{{vocabulary}},"merges":[]} }
                """);
            Tokenizer = Tokenizer.Load(_directory.Path);
        }

        public Tokenizer Tokenizer { get; }

        public void Dispose() => _directory.Dispose();
    }
}
