using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OutlierQuant.Checkpoints.Tokenization.Training;

/// <summary>Writes the files of a byte-level byte-pair tokenizer with BOS and EOS, as the transformers library reads them.</summary>
internal static class ByteLevelTokenizerFile
{
    public const string Bos = "<|bos|>";
    public const string Eos = "<|eos|>";

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c>. BOS has id 0 and EOS id 1.</summary>
    /// <param name="directory">A directory that exists.</param>
    /// <param name="pieces">The tokens from id 2 on.</param>
    /// <param name="merges">Pairs of pieces that become one, the first merged first.</param>
    /// <exception cref="IOException">The files cannot be written.</exception>
    public static void Write(string directory, IEnumerable<string> pieces, IEnumerable<(string Left, string Right)> merges)
    {
        Write(Path.Combine(directory, "tokenizer.json"), Tokenizer([Bos, Eos, .. pieces], merges));
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

    private static JsonObject Tokenizer(IReadOnlyList<string> pieces, IEnumerable<(string Left, string Right)> merges) => new()
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
            ["vocab"] = new JsonObject(pieces.Select((piece, id) => KeyValuePair.Create(piece, (JsonNode?)id))),
            ["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode?)$"{merge.Left} {merge.Right}")]),
        },
    };

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
