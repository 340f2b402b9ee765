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

    /// <summary>Reads and validates a <c>config.json</c>.</summary>
    public static ModelConfig Read(string path)
    {
        JsonItem root = JsonItem.ReadFile(path, LargestFileBytes);
        ArchitectureName architecture = ReadArchitecture(root);
        UnsupportedSettings.Refuse(root);
        ModelConfig config = architecture.Base == ArchitectureName.Gpt2
            ? Gpt2ConfigReader.Read(root, architecture)
            : RotaryConfigReader.Read(root, architecture);
        return config with
        {
            Variant = ModelVariantReader.Read(root, architecture.Name, architecture.IsOwn),
            BosTokenId = root.Find("bos_token_id")?.AsInteger(0, config.VocabularySize - 1),
            EosTokenIds = ReadEosTokens(root, config.VocabularySize),
            StoredType = (root.Find("dtype") ?? root.Find("torch_dtype"))?.AsText(),
            Quantization = root.Find("quantization_config") is { } block ? QuantizationBlockReader.Read(block, config) : null,
        };
    }

    private static ArchitectureName ReadArchitecture(JsonItem root)
    {
        JsonItem names = root.Require("architectures");
        if (names.Items.Count != 1)
        {
            throw names.Wrong($"architectures has {names.Items.Count} names; exactly one is required");
        }

        string name = names.Items[0].AsText();
        ArchitectureName architecture = ArchitectureName.All.FirstOrDefault(known => known.Name == name)
            ?? throw names.Items[0].Wrong(
                $"the architecture {Quotation.Of(name)} is not supported; the supported ones are {string.Join(", ", ArchitectureName.All.Select(known => known.Name))}");
        if (root.Find("model_type") is { } stored && stored.AsText() != architecture.ModelType)
        {
            throw stored.Wrong($"model_type is {stored}; {name} requires '{architecture.ModelType}'");
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
