using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OutlierQuant.Checkpoints.Tokenization.Training;

/// <summary>What <see cref="BytePairTrainer"/> learned, to be written as the tokenizer of a checkpoint.</summary>
/// <remarks>Ids: 0 begins a text and 1 ends it; then the bytes, in the order of the characters that stand for them; then the merged pairs, in their order.</remarks>
public sealed class TrainedTokenizer
{
    /// <summary>The token that begins a text.</summary>
    public const string Bos = "<|bos|>";

    /// <summary>The token that ends a text.</summary>
    public const string Eos = "<|eos|>";

    internal const int FirstByteId = 2;

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<string> _pieces = [];
    private readonly List<string> _merges = [];

    internal TrainedTokenizer(IEnumerable<(int Left, int Right)> merges)
    {
        for (int value = 0; value < SymbolPairs.FirstMerged; value++)
        {
            _pieces.Add(ByteAlphabet.CharacterOf((byte)value).ToString());
        }

        foreach ((int left, int right) in merges)
        {
            _merges.Add($"{_pieces[left]} {_pieces[right]}");
            _pieces.Add(_pieces[left] + _pieces[right]);
        }
    }

    /// <summary>Gets the number of token ids.</summary>
    public int VocabularySize => FirstByteId + _pieces.Count;

    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c>, as the transformers library reads them.</summary>
    /// <param name="directory">A directory that exists.</param>
    /// <exception cref="IOException">The files cannot be written.</exception>
    public void Write(string directory)
    {
        Write(Path.Combine(directory, "tokenizer.json"), Tokenizer());
        Write(Path.Combine(directory, "tokenizer_config.json"), new JsonObject
        {
            ["bos_token"] = Bos,
            ["eos_token"] = Eos,
            ["add_bos_token"] = true,
            ["clean_up_tokenization_spaces"] = false,
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
        });
    }

    private static void Write(string path, JsonObject json) => AtomicFile.WriteAllText(path, json.ToJsonString(Readable) + "\n");

    private JsonObject Tokenizer() => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = new JsonArray(Special(0, Bos), Special(1, Eos)),
        ["normalizer"] = null,
        ["pre_tokenizer"] = ByteLevel(),
        ["post_processor"] = new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(BosInTemplate(), InTemplate("Sequence", "A", 0)),
            ["pair"] = new JsonArray(BosInTemplate(), InTemplate("Sequence", "A", 0), InTemplate("Sequence", "B", 1)),
            ["special_tokens"] = new JsonObject { [Bos] = new JsonObject { ["id"] = Bos, ["ids"] = new JsonArray(0), ["tokens"] = new JsonArray(Bos) } },
        },
        ["decoder"] = ByteLevel(),
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
            ["vocab"] = new JsonObject(Ids().Select(pair => KeyValuePair.Create(pair.Piece, (JsonNode?)pair.Id))),
            ["merges"] = new JsonArray([.. _merges.Select(merge => (JsonNode?)merge)]),
        },
    };

    private IEnumerable<(string Piece, int Id)> Ids() =>
        ((IEnumerable<string>)[Bos, Eos, .. _pieces[..SymbolPairs.FirstMerged].Order(StringComparer.Ordinal), .. _pieces[SymbolPairs.FirstMerged..]])
        .Select((piece, id) => (piece, id));

    private static JsonObject ByteLevel() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true };

    private static JsonObject Special(int id, string content) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };

    private static JsonObject BosInTemplate() => InTemplate("SpecialToken", Bos, 0);

    private static JsonObject InTemplate(string kind, string id, int type) => new() { [kind] = new JsonObject { ["id"] = id, ["type_id"] = type } };
}
