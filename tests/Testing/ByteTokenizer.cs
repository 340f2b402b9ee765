using System.Text.Json.Nodes;

namespace OutlierQuant.Testing;

/// <summary>A byte-level tokenizer without merges: BOS, EOS, then one token a byte.</summary>
public static class ByteTokenizer
{
    public const int BosTokenId = 0;

    public const int EosTokenId = 1;

    /// <summary>Id of byte 0; byte b has id <c>FirstByteId + b</c>.</summary>
    public const int FirstByteId = 2;

    public const int VocabularySize = FirstByteId + 256;

    private const string Bos = "<|bos|>";
    private const string Eos = "<|eos|>";

    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c>.</summary>
    /// <param name="directory">A directory that exists.</param>
    public static void Write(string directory)
    {
        JsonObject vocabulary = new() { [Bos] = BosTokenId, [Eos] = EosTokenId };
        int stranger = 256;
        for (int value = 0; value < 256; value++)
        {
            // Byte-level pieces write a printable byte as itself and the others as the characters from U+0100 on.
            bool isPrintable = value is >= 33 and <= 126 or >= 161 and <= 172 or >= 174;
            vocabulary[((char)(isPrintable ? value : stranger++)).ToString()] = FirstByteId + value;
        }

        JsonObject byteLevel = new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true };
        JsonObject tokenizer = new()
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
                ["single"] = new JsonArray(TemplateBos(), TemplateSequence("A", 0)),
                ["pair"] = new JsonArray(TemplateBos(), TemplateSequence("A", 0), TemplateSequence("B", 1)),
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
                ["merges"] = new JsonArray(),
            },
        };
        JsonObject settings = new()
        {
            ["bos_token"] = Bos,
            ["eos_token"] = Eos,
            ["add_bos_token"] = true,
            ["clean_up_tokenization_spaces"] = false,
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
        };
        File.WriteAllText(Path.Combine(directory, "tokenizer.json"), tokenizer.ToJsonString());
        File.WriteAllText(Path.Combine(directory, "tokenizer_config.json"), settings.ToJsonString());
    }

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

    private static JsonObject TemplateBos() => new() { ["SpecialToken"] = new JsonObject { ["id"] = Bos, ["type_id"] = 0 } };

    private static JsonObject TemplateSequence(string id, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = id, ["type_id"] = type } };
}
