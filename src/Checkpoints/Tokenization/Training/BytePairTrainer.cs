using System.Text;
using OutlierQuant.Checkpoints.Tokenization.Splitting;

namespace OutlierQuant.Checkpoints.Tokenization.Training;

/// <summary>Learns a byte-level byte-pair encoding from texts.</summary>
/// <remarks>
/// <para>A text is cut into words by the pattern of GPT-2, a word into its UTF-8 bytes. Then, again and again, the pair of neighbouring symbols that occurs most
/// often in all words becomes one symbol; of equally frequent pairs the one whose left symbol, then whose right symbol, is older. Sennrich, Haddow and Birch,
/// arXiv:1508.07909, algorithm 1; over bytes as in Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, section 2.2.</para>
/// <para>The same texts give the same tokenizer.</para>
/// </remarks>
public static class BytePairTrainer
{
    /// <summary>The smallest vocabulary: every byte, and the tokens that begin and end a text.</summary>
    public const int SmallestVocabulary = TrainedTokenizer.FirstByteId + 256;

    /// <summary>The largest vocabulary.</summary>
    public const int LargestVocabulary = 1 << 18;

    /// <summary>Learns from texts.</summary>
    /// <param name="texts">The texts; no word reaches from one into the next.</param>
    /// <param name="vocabularySize">Number of tokens, the two special ones and the bytes included.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="ArgumentException">The size is out of range, or the texts have too few pairs that occur twice.</exception>
    public static TrainedTokenizer Train(IEnumerable<string> texts, int vocabularySize, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (vocabularySize is < SmallestVocabulary or > LargestVocabulary)
        {
            throw new ArgumentOutOfRangeException(
                nameof(vocabularySize), vocabularySize, $"A vocabulary of {vocabularySize} tokens was asked for; {SmallestVocabulary} to {LargestVocabulary} are possible.");
        }

        SymbolPairs pairs = new(CountWords(texts, cancellation));
        List<(int Left, int Right)> merges = [];
        while (merges.Count < vocabularySize - SmallestVocabulary)
        {
            cancellation.ThrowIfCancellationRequested();
            if (pairs.TakeMostFrequent() is not (int left, int right))
            {
                throw new ArgumentException(
                    $"The text gives a vocabulary of {SmallestVocabulary + merges.Count} tokens, because no further pair of symbols occurs twice; {vocabularySize} were asked for. Give more text or a smaller vocabulary.");
            }

            pairs.Merge(left, right, SymbolPairs.FirstMerged + merges.Count);
            merges.Add((left, right));
        }

        return new TrainedTokenizer(merges);
    }

    private static List<(byte[] Bytes, long Count)> CountWords(IEnumerable<string> texts, CancellationToken cancellation)
    {
        Gpt2Pattern pattern = new();
        Dictionary<string, long> counts = new(StringComparer.Ordinal);
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (string text in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<char> characters = WellFormedText.Of(text);
            for (int start = 0, end; start < characters.Length; start = end)
            {
                end = pattern.EndOfWord(characters, start);
                ReadOnlySpan<char> word = characters[start..end];
                lookup[word] = lookup.TryGetValue(word, out long count) ? count + 1 : 1;
            }
        }

        return [.. counts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (Encoding.UTF8.GetBytes(pair.Key), pair.Value))];
    }
}
