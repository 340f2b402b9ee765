using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;

namespace OutlierQuant.Models.Architectures;

/// <summary>What distinguishes one architecture from another, as data. To support another one, add it to <see cref="All"/>.</summary>
internal sealed record Architecture
{
    private static readonly TensorNames LlamaNames = new()
    {
        Prefixes = ["model."],
        Embedding = "embed_tokens",
        Blocks = "layers",
        AttentionNorm = "input_layernorm",
        QueryKeyValue = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
        AttentionOutput = "self_attn.o_proj",
        MlpNorm = "post_attention_layernorm",
        Gate = "mlp.gate_proj",
        Up = "mlp.up_proj",
        Down = "mlp.down_proj",
        FinalNorm = "norm",
        Ignored = ["self_attn.rotary_emb.inv_freq"],
    };

    private static readonly Architecture Llama = new()
    {
        Name = "LlamaForCausalLM",
        Norm = NormKind.RootMeanSquare,
        Names = LlamaNames,
    };

    // What else sets these three apart, sliding windows and biases, is in their configuration.
    private static readonly Architecture Mistral = Llama with { Name = "MistralForCausalLM" };

    private static readonly Architecture Qwen2 = Llama with { Name = "Qwen2ForCausalLM" };

    private static readonly Architecture Qwen3 = Llama with
    {
        Name = "Qwen3ForCausalLM",
        Names = LlamaNames with { QueryNorm = "self_attn.q_norm", KeyNorm = "self_attn.k_norm" },
    };

    private static readonly Architecture Gpt2 = new()
    {
        Name = "GPT2LMHeadModel",
        Norm = NormKind.Layer,
        HasTransposedWeights = true,
        Names = new()
        {
            Prefixes = ["transformer.", string.Empty],
            Embedding = "wte",
            Positions = "wpe",
            Blocks = "h",
            AttentionNorm = "ln_1",
            QueryKeyValue = ["attn.c_attn"],
            AttentionOutput = "attn.c_proj",
            MlpNorm = "ln_2",
            Up = "mlp.c_fc",
            Down = "mlp.c_proj",
            FinalNorm = "ln_f",
            Ignored = ["attn.bias", "attn.masked_bias"],
        },
    };

    // Our own, for what Training makes: which of these parts a checkpoint has, its configuration says.
    private static readonly Architecture OwnLlama = Llama with
    {
        Name = "OutlierQuantLlamaForCausalLM",
        HasVariants = true,
        Names = LlamaNames with
        {
            AttentionOutputNorm = "post_attention_layernorm",
            MlpNorm = "pre_feedforward_layernorm",
            MlpOutputNorm = "post_feedforward_layernorm",
            QueryNorm = "self_attn.q_norm",
            KeyNorm = "self_attn.k_norm",
            ConstantKey = "self_attn.constant_key",
            ConstantValue = "self_attn.constant_value",
            AttentionGate = "self_attn.head_gate",
        },
    };

    private static readonly Architecture OwnGpt2 = Gpt2 with
    {
        Name = "OutlierQuantGPT2LMHeadModel",
        HasVariants = true,
        Names = Gpt2.Names with
        {
            AttentionOutputNorm = "ln_1_post",
            MlpOutputNorm = "ln_2_post",
            QueryNorm = "attn.q_norm",
            KeyNorm = "attn.k_norm",
            ConstantKey = "attn.constant_key",
            ConstantValue = "attn.constant_value",
            AttentionGate = "attn.head_gate",
        },
    };

    /// <summary>Gets every architecture that can be run.</summary>
    public static IReadOnlyList<Architecture> All { get; } = [Llama, Mistral, Qwen2, Qwen3, Gpt2, OwnLlama, OwnGpt2];

    /// <summary>Gets the name that <c>architectures</c> of config.json has.</summary>
    public required string Name { get; init; }

    /// <summary>Gets how the residual stream is normalized.</summary>
    public required NormKind Norm { get; init; }

    /// <summary>Gets a value indicating whether the blocks' weights are stored with the input features outermost (Conv1D).</summary>
    public bool HasTransposedWeights { get; init; }

    /// <summary>Gets a value indicating whether the configuration says which of the parts in <see cref="Names"/> there are.</summary>
    public bool HasVariants { get; init; }

    /// <summary>Gets the names of the parts.</summary>
    public required TensorNames Names { get; init; }

    /// <summary>Finds the architecture of a checkpoint, with the parts that its configuration says.</summary>
    /// <exception cref="CheckpointFormatException">It is not among <see cref="All"/>.</exception>
    public static Architecture Find(ModelConfig config)
    {
        Architecture found = All.FirstOrDefault(architecture => architecture.Name == config.Architecture)
            ?? throw new CheckpointFormatException(
                config.Path, 0, $"the architecture '{config.Architecture}' is unknown; known are {string.Join(", ", All.Select(architecture => architecture.Name))}");
        return found.HasVariants ? found with { Names = found.Names.Of(config.Variant) } : found;
    }
}
