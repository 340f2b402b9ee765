using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Tokenization;

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

    private const string Bos = "<|bos|>";
    private const string Eos = "<|eos|>";

    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c>.</summary>
    /// <param name="directory">A directory that exists.</param>
    /// <param name="vocabularySize">Number of tokens, <see cref="SmallestVocabulary"/> to <see cref="LargestVocabulary"/>.</param>
    public static void Write(string directory, int vocabularySize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, SmallestVocabulary);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vocabularySize, LargestVocabulary);
        WriteJson(Path.Combine(directory, "tokenizer.json"), Tokenizer(vocabularySize));
        WriteJson(Path.Combine(directory, "tokenizer_config.json"), new JsonObject
        {
            ["bos_token"] = Bos,
            ["eos_token"] = Eos,
            ["add_bos_token"] = true,
            ["clean_up_tokenization_spaces"] = false,
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
        });
    }

    private static JsonObject Tokenizer(int vocabularySize)
    {
        List<string> pieces = Pieces();
        JsonObject vocabulary = new() { [Bos] = BosTokenId, [Eos] = EosTokenId };
        foreach (string piece in pieces)
        {
            vocabulary[piece] = vocabulary.Count;
        }

        JsonArray merges = [];
        foreach ((string left, string right) in Pairs(pieces).Take(vocabularySize - vocabulary.Count))
        {
            vocabulary[left + right] = vocabulary.Count;
            merges.Add($"{left} {right}");
        }

        JsonObject byteLevel = new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true };
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(AddedToken(Bos, BosTokenId), AddedToken(Eos, EosTokenId)),
            ["normalizer"] = null,
            ["pre_tokenizer"] = byteLevel.DeepClone(),
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(Special(), Sequence("A", 0)),
                ["pair"] = new JsonArray(Special(), Sequence("A", 0), Sequence("B", 1)),
                ["special_tokens"] = new JsonObject
                {
                    [Bos] = new JsonObject { ["id"] = Bos, ["ids"] = new JsonArray(BosTokenId), ["tokens"] = new JsonArray(Bos) },
                },
            },
            ["decoder"] = byteLevel,
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = merges,
            },
        };
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

    private static void WriteJson(string path, JsonObject document) =>
        AtomicFile.WriteAllText(path, document.ToJsonString() + "\n");

    private static JsonObject AddedToken(string content, int id) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };

    private static JsonObject Special() => new() { ["SpecialToken"] = new JsonObject { ["id"] = Bos, ["type_id"] = 0 } };

    private static JsonObject Sequence(string id, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = id, ["type_id"] = type } };
}
