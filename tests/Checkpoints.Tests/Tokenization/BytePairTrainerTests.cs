using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Checkpoints.Tokenization.Training;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

public sealed class BytePairTrainerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Train_HandWorkedText_MergesTheMostFrequentPairsInOrder()
    {
        // Words: "ab" once, " ab" twice, " abab" once, " xy" twice. Pairs: (a, b) 5 times, (space, a) 3, (b, a) 1, (space, x) 2, (x, y) 2.
        // After ab: (space, ab) 3, (ab, ab) 1. Then " ab" 3; then (" ", x) and (x, y), both twice, of which the space is the older symbol; then (" x", y).
        Tokenizer tokenizer = Trained(BytePairTrainer.SmallestVocabulary + 4, "ab ab ab abab xy xy");

        Assert.Equal(["ab", "Ġab", "Ġx", "Ġxy"], Enumerable.Range(BytePairTrainer.SmallestVocabulary, 4).Select(tokenizer.Piece));
        Assert.Equal([259, 258, 261], tokenizer.Encode(" abab xy"));
    }

    [Fact]
    public void Train_RunOfOneSymbol_MergesFromTheLeft()
    {
        Tokenizer tokenizer = Trained(BytePairTrainer.SmallestVocabulary + 1, "aaaaa");

        Assert.Equal(["aa", "aa", "a"], tokenizer.Encode("aaaaa").Select(tokenizer.Piece));
    }

    [Fact]
    public void Train_AnyText_RoundTripsAndHasBosAndEos()
    {
        const string Text = "Süß: \t«naïve» 日本語 🙂 don't 12345 —\n\n";
        Tokenizer tokenizer = Trained(BytePairTrainer.SmallestVocabulary + 20, Text + Text);

        Assert.Equal(Text, tokenizer.Decode(tokenizer.Encode(Text)));
        Assert.Equal((0, 1, BytePairTrainer.SmallestVocabulary + 20), (tokenizer.BosTokenId, tokenizer.EosTokenId, tokenizer.VocabularySize));
        Assert.Equal([0, .. tokenizer.Encode("a")], tokenizer.Encode("a", addSpecialTokens: true));
    }

    [Fact]
    public void Train_BytesThatTheTextLacks_AreTokens()
    {
        Tokenizer tokenizer = Trained(BytePairTrainer.SmallestVocabulary, "a");
        int[] ids = [.. Enumerable.Range(0, 256).SelectMany(value => tokenizer.Encode(((char)value).ToString())).Distinct()];

        // As UTF-8, the characters up to U+00FF are 128 bytes that stand alone, 64 that continue and 2 that lead.
        Assert.Equal(128 + 64 + 2, ids.Length);
        Assert.All(ids, id => Assert.InRange(id, 2, BytePairTrainer.SmallestVocabulary - 1));
    }

    [Fact]
    public void Train_NaiveCounting_GivesTheSameMerges()
    {
        string text = string.Concat(Enumerable.Range(0, 300).Select(i => $"word{i % 17} other{i % 5}s, {i * i % 97}\n"));
        Tokenizer tokenizer = Trained(BytePairTrainer.SmallestVocabulary + 60, text);

        Assert.Equal(NaiveMerges(tokenizer, text, 60), Enumerable.Range(BytePairTrainer.SmallestVocabulary, 60).Select(tokenizer.Piece));
    }

    [Fact]
    public void Train_SameText_SameBytes()
    {
        BytePairTrainer.Train(["one two two"], BytePairTrainer.SmallestVocabulary + 2).Write(_directory.Path);
        byte[] first = File.ReadAllBytes(_directory.File("tokenizer.json"));
        BytePairTrainer.Train(["one two two"], BytePairTrainer.SmallestVocabulary + 2).Write(_directory.Path);

        Assert.Equal(first, File.ReadAllBytes(_directory.File("tokenizer.json")));
    }

    [Theory]
    [InlineData(257, "A vocabulary of 257 tokens was asked for; 258 to 262144 are possible.")]
    [InlineData(300_000, "A vocabulary of 300000 tokens was asked for")]
    [InlineData(300, "The text gives a vocabulary of 260 tokens, because no further pair of symbols occurs twice; 300 were asked for.")]
    public void Train_SizeThatCannotBe_SaysWhatCan(int size, string message) =>
        Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => BytePairTrainer.Train(["abc", "abc"], size)).Message, StringComparison.Ordinal);

    [Fact]
    public void Train_Cancelled_Stops()
    {
        using CancellationTokenSource source = new();
        source.Cancel();

        Assert.Throws<OperationCanceledException>(() => BytePairTrainer.Train(["abc"], 259, source.Token));
    }

    private Tokenizer Trained(int vocabularySize, string text)
    {
        BytePairTrainer.Train([text], vocabularySize).Write(_directory.Path);
        return Tokenizer.Load(_directory.Path);
    }

    /// <summary>Counts every pair anew for every merge, over words that another tokenizer's splitting gives.</summary>
    private static List<string> NaiveMerges(Tokenizer tokenizer, string text, int count)
    {
        string[] words = [.. System.Text.RegularExpressions.Regex.Matches(text, @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+").Select(match => match.Value)];
        List<List<string>> symbols = [.. words.Select(word => word.Select(character => tokenizer.Piece(tokenizer.Encode(character.ToString())[0])).ToList())];
        List<string> merged = [], age = [.. Enumerable.Range(0, 256).Select(value => value == 32 ? "Ġ" : value == 10 ? "Ċ" : ((char)value).ToString())];
        for (int i = 0; i < count; i++)
        {
            var best = symbols.SelectMany(word => word.Zip(word.Skip(1))).GroupBy(pair => pair)
                .OrderByDescending(group => group.Count()).ThenBy(group => age.IndexOf(group.Key.First)).ThenBy(group => age.IndexOf(group.Key.Second)).First().Key;
            merged.Add(best.First + best.Second);
            age.Add(merged[^1]);
            foreach (List<string> word in symbols)
            {
                for (int at = 0; at + 1 < word.Count; at++)
                {
                    if ((word[at], word[at + 1]) == best)
                    {
                        word[at] = merged[^1];
                        word.RemoveAt(at + 1);
                    }
                }
            }
        }

        return merged;
    }
}
