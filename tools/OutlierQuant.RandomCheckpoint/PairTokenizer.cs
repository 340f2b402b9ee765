using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Checkpoints.Tokenization.Training;

namespace OutlierQuant.RandomCheckpoint;

/// <summary>A byte-level tokenizer for any vocabulary: BOS, EOS, the 256 bytes, and pairs of bytes for the rest.</summary>
/// <remarks>Every id has a token, so that whatever a random model generates can be decoded, and every text can be encoded.</remarks>
internal static class PairTokenizer
{
    public const int BosTokenId = 0;
    public const int EosTokenId = 1;

    /// <summary>The smallest vocabulary: BOS, EOS and every byte.</summary>
    public const int SmallestVocabulary = 258;

    /// <summary>The largest vocabulary: every pair of bytes besides.</summary>
    public const int LargestVocabulary = SmallestVocabulary + (256 * 256);

    // The space and the letters by their frequency in English text.
    private const string Frequent = " etaoinshrdlucmfwypvbgkjqxz";

    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c>.</summary>
    /// <param name="directory">A directory that exists.</param>
    /// <param name="vocabularySize">Number of tokens, <see cref="SmallestVocabulary"/> to <see cref="LargestVocabulary"/>.</param>
    public static void Write(string directory, int vocabularySize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, SmallestVocabulary);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vocabularySize, LargestVocabulary);
        List<string> pieces = Pieces();
        List<(string Left, string Right)> merges = [.. Pairs(pieces).Take(vocabularySize - SmallestVocabulary)];
        ByteLevelTokenizerFile.Write(directory, [.. pieces, .. merges.Select(static pair => pair.Left + pair.Right)], merges);
    }

    /// <summary>All pairs; those of early pieces come before those that hold a later one.</summary>
    private static IEnumerable<(string Left, string Right)> Pairs(List<string> pieces)
    {
        for (int later = 0; later < pieces.Count; later++)
        {
            for (int earlier = 0; earlier < later; earlier++)
            {
                yield return (pieces[earlier], pieces[later]);
                yield return (pieces[later], pieces[earlier]);
            }

            yield return (pieces[later], pieces[later]);
        }
    }

    /// <summary>What byte-level pieces write for each byte, the most frequent first.</summary>
    private static List<string> Pieces() =>
    [
        .. Enumerable.Range(0, 256).OrderBy(static value => Frequent.Contains((char)value) ? Frequent.IndexOf((char)value) : Frequent.Length)
            .Select(static value => ByteAlphabet.CharacterOf((byte)value).ToString()),
    ];
}
