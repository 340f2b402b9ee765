using OutlierQuant.Checkpoints.Json;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>Reads what the configurations of all architectures share, and the limits of their values.</summary>
internal static class ModelConfigReader
{
    public const int LargestWidth = 1 << 20;
    public const int LargestCount = 1 << 16;
    public const int LargestVocabulary = 1 << 24;
    public const int LargestPosition = 1 << 30;

    private const int LargestFileBytes = 16 << 20;

    private static readonly Dictionary<string, string> ModelTypes = new()
    {
        ["LlamaForCausalLM"] = "llama",
        ["MistralForCausalLM"] = "mistral",
        ["Qwen2ForCausalLM"] = "qwen2",
        ["Qwen3ForCausalLM"] = "qwen3",
        ["GPT2LMHeadModel"] = "gpt2",
    };

    /// <summary>Reads and validates a <c>config.json</c>.</summary>
    public static ModelConfig Read(string path)
    {
        JsonItem root = JsonItem.ReadFile(path, LargestFileBytes);
        string architecture = ReadArchitecture(root);
        UnsupportedSettings.Refuse(root);
        ModelConfig config = architecture == "GPT2LMHeadModel"
            ? Gpt2ConfigReader.Read(root)
            : RotaryConfigReader.Read(root, architecture);
        return config with
        {
            BosTokenId = root.Find("bos_token_id")?.AsInteger(0, config.VocabularySize - 1),
            EosTokenIds = ReadEosTokens(root, config.VocabularySize),
            StoredType = (root.Find("dtype") ?? root.Find("torch_dtype"))?.AsText(),
            Quantization = root.Find("quantization_config") is { } block ? QuantizationBlockReader.Read(block, config) : null,
        };
    }

    private static string ReadArchitecture(JsonItem root)
    {
        JsonItem names = root.Require("architectures");
        if (names.Items.Count != 1)
        {
            throw names.Wrong($"architectures has {names.Items.Count} names; exactly one is required");
        }

        string architecture = names.Items[0].AsText();
        if (!ModelTypes.TryGetValue(architecture, out string? modelType))
        {
            throw names.Items[0].Wrong($"the architecture {Quotation.Of(architecture)} is not supported; the supported ones are {string.Join(", ", ModelTypes.Keys)}");
        }

        if (root.Find("model_type") is { } stored && stored.AsText() != modelType)
        {
            throw stored.Wrong($"model_type is {stored}; {architecture} requires '{modelType}'");
        }

        return architecture;
    }

    private static IReadOnlyList<int> ReadEosTokens(JsonItem root, int vocabularySize)
    {
        JsonItem? item = root.Find("eos_token_id");
        IEnumerable<JsonItem> tokens = item is null ? [] : item.Kind == System.Text.Json.JsonValueKind.Array ? item.Items : [item];
        return [.. tokens.Select(token => token.AsInteger(0, vocabularySize - 1))];
    }
}
