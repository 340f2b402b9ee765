using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Testing;
using OutlierQuant.Training.Data;
using Xunit;

namespace OutlierQuant.Training.Tests.Data;

public sealed class WindowTests : IDisposable
{
    private const int A = ByteTokenizer.FirstByteId + 'a';

    private readonly TemporaryDirectory _directory = new();
    private readonly Tokenizer _tokenizer;

    public WindowTests()
    {
        ByteTokenizer.Write(_directory.Path);
        _tokenizer = Tokenizer.Load(_directory.Path);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Encode_Documents_AreJoinedByEos()
    {
        TrainingText text = TrainingText.Encode(_tokenizer, "ab\0c\0", "t");

        Assert.Equal([A, A + 1, ByteTokenizer.EosTokenId, A + 2], text.Tokens);
        Assert.Equal(2, text.Documents);
        Assert.Equal([A, A + 1], TrainingText.Encode(_tokenizer, "ab", "t").Tokens);
    }

    [Fact]
    public void Encode_DocumentsWithoutEos_IsRefused()
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(_directory.File("tokenizer_config.json")))!.AsObject();
        config.Remove("eos_token");
        _directory.Write("tokenizer_config.json", config.ToJsonString());

        ArgumentException refused = Assert.Throws<ArgumentException>(() => TrainingText.Encode(Tokenizer.Load(_directory.Path), "ab\0c", "corpus.txt"));

        Assert.Contains("corpus.txt: NUL characters separate 2 documents, but this tokenizer has no end-of-text token", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CutTail_Share_LeavesTheRest()
    {
        TrainingText text = TrainingText.Encode(_tokenizer, "abcdefghij", "t");
        (TrainingText head, TrainingText tail) = text.CutTail(0.25, 1);

        Assert.Equal((8, 2), (head.Count, tail.Count));
        Assert.Equal([A + 8, A + 9], tail.Tokens);
        Assert.Equal((4, 10), (text.CutTail(0.25, 6).Head.Count, text.CutTail(0.25, 60).Tail.Count));
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 2)]
    public void At_OneEpoch_HasEveryWindowOnceAndTheNextTokens(bool bos, int windowsInText)
    {
        TrainingText text = TrainingText.Encode(_tokenizer, "abcdefghij", "t");
        TrainingOptions options = new() { Shape = new() { Context = 4 }, Bos = bos, Windows = windowsInText };
        WindowOrder order = new(text, options, ByteTokenizer.BosTokenId);

        Batch batch = order.At(1);

        Assert.Equal(windowsInText, order.Count);
        List<string> windows = [.. Enumerable.Range(0, windowsInText).Select(window => Letters(batch.Tokens, window) + " " + Letters(batch.Targets, window))];
        Assert.Equal(bos ? ["^abc abcd", "^def defg", "^ghi ghij"] : ["abcd bcde", "efgh fghi"], windows.Order());
        Assert.Equal(windows.Order(), Enumerable.Range(0, windowsInText).Select(window => Letters(order.At(2).Tokens, window) + " " + Letters(order.At(2).Targets, window)).Order());
    }

    [Fact]
    public void At_AnyOrderOfCalls_TheSameWindows()
    {
        TrainingText text = TrainingText.Encode(_tokenizer, string.Concat(Enumerable.Range(0, 100).Select(i => (char)('a' + (i % 26)))), "t");
        TrainingOptions options = new() { Shape = new() { Context = 4 }, Windows = 5 };
        WindowOrder order = new(text, options, 0), other = new(text, options, 0);
        int[][] forwards = [.. Enumerable.Range(1, 20).Select(step => order.At(step).Tokens)];

        Assert.All(Enumerable.Range(1, 20).Reverse(), step => Assert.Equal(forwards[step - 1], other.At(step).Tokens));
        Assert.NotEqual(forwards[0], new WindowOrder(text, options with { Seed = 2 }, 0).At(1).Tokens);
    }

    [Fact]
    public void ValidationSet_Windows_AreThoseOfThePerplexityProtocol()
    {
        TrainingText text = TrainingText.Encode(_tokenizer, "abcdefghijklmnop", "t");
        ValidationSet set = new(text, new() { Shape = new() { Context = 4 }, Windows = 2, ValidationWindows = 3 }, ByteTokenizer.BosTokenId);

        // Of five windows the first, the third and the last.
        Assert.Equal(["^abc", "^ghi", "^mno"], set.Batches.SelectMany(batch => Enumerable.Range(0, batch.Windows).Select(window => Letters(batch.Tokens, window))));
        Assert.Equal(["abc-", "ghi-", "mno-"], set.Batches.SelectMany(batch => Enumerable.Range(0, batch.Windows).Select(window => Letters(batch.Targets, window))));
        Assert.Equal(3, set.Count);
    }

    [Fact]
    public void ValidationSet_TextShorterThanAWindow_GivesBothNumbers() => Assert.Contains(
        "t: the text has 2 tokens, and one window to validate on needs 3",
        Assert.Throws<ArgumentException>(() => new ValidationSet(TrainingText.Encode(_tokenizer, "ab", "t"), new() { Shape = new() { Context = 4 } }, 0)).Message,
        StringComparison.Ordinal);

    private static string Letters(int[] ids, int window) => string.Concat(ids.AsSpan(window * 4, 4).ToArray().Select(id => id == Batch.None ? '-' : id == ByteTokenizer.BosTokenId ? '^' : (char)('a' + id - A)));
}
