namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>What <c>architectures</c> of a supported <c>config.json</c> can be.</summary>
/// <param name="Name">The name.</param>
/// <param name="ModelType">What <c>model_type</c> is with it.</param>
/// <param name="Base">The published architecture whose keys its configuration has.</param>
internal sealed record ArchitectureName(string Name, string ModelType, string Base)
{
    public const string Llama = "LlamaForCausalLM";
    public const string Gpt2 = "GPT2LMHeadModel";

    public static IReadOnlyList<ArchitectureName> All { get; } =
    [
        Published(Llama, "llama"),
        Published("MistralForCausalLM", "mistral"),
        Published("Qwen2ForCausalLM", "qwen2"),
        Published("Qwen3ForCausalLM", "qwen3"),
        Published(Gpt2, "gpt2"),
        new("OutlierQuantLlamaForCausalLM", "outlierquant_llama", Llama),
        new("OutlierQuantGPT2LMHeadModel", "outlierquant_gpt2", Gpt2),
    ];

    /// <summary>Gets whether it is one of this program's own, whose <see cref="ModelVariant"/> the configuration gives.</summary>
    public bool IsOwn => Name != Base;

    private static ArchitectureName Published(string name, string modelType) => new(name, modelType, name);
}
