using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;

namespace OutlierQuant.Testing;

/// <summary>A small checkpoint of any supported architecture with random weights, for tests: <c>new RandomCheckpoint { … }.Write(directory)</c>.</summary>
/// <remarks>Weights have variance 1 / inFeatures, gains are near 1, biases near 0. The same settings and seed give the same bytes.</remarks>
public sealed record RandomCheckpoint
{
    public string Architecture { get; init; } = "LlamaForCausalLM";

    /// <summary>Gets the parts of an architecture of our own.</summary>
    public ModelVariant Variant { get; init; } = ModelVariant.Plain;

    public int HiddenSize { get; init; } = 32;

    public int IntermediateSize { get; init; } = 48;

    public int BlockCount { get; init; } = 2;

    public int HeadCount { get; init; } = 4;

    /// <summary>Gets the number of key and value heads. GPT-2 has as many as <see cref="HeadCount"/>.</summary>
    public int KeyValueHeadCount { get; init; } = 2;

    /// <summary>Gets the width of a head. GPT-2 has <c>HiddenSize / HeadCount</c>.</summary>
    public int HeadSize { get; init; } = 8;

    /// <summary>Gets the number of token ids; the default is what <see cref="ByteTokenizer"/> has.</summary>
    public int VocabularySize { get; init; } = ByteTokenizer.VocabularySize;

    public int MaxPositions { get; init; } = 64;

    public string? Activation { get; init; }

    public TensorType Type { get; init; } = TensorType.F32;

    public bool TieWordEmbeddings { get; init; }

    /// <summary>Gets <c>attention_bias</c> of Llama and Qwen3.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Gets <c>mlp_bias</c> of Llama.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Gets the sliding window of Mistral and Qwen2.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>Gets the first block with a sliding window in Qwen2 (<c>max_window_layers</c>).</summary>
    public int FirstSlidingBlock { get; init; }

    /// <summary>Gets <c>rope_theta</c>. Small, so that frequencies differ within a few positions.</summary>
    public double RopeTheta { get; init; } = 100;

    /// <summary>Gets <c>rope_scaling</c> as json, or null.</summary>
    public string? RopeScaling { get; init; }

    /// <summary>Gets the prefix of GPT-2's tensor names: empty or <c>transformer.</c>.</summary>
    public string Prefix { get; init; } = "";

    public int Seed { get; init; } = 1;

    /// <summary>Gets a value put into channel 3 of the BOS embedding (id 0), so that the model has something massive; 0 leaves it random.</summary>
    public float BosOutlier { get; init; }

    /// <summary>Gets whether <c>tokenizer.json</c> and <c>tokenizer_config.json</c> are written too.</summary>
    public bool Tokenizer { get; init; }

    private bool IsGpt2 => Architecture.EndsWith("GPT2LMHeadModel", StringComparison.Ordinal);

    private bool IsOwn => Architecture.StartsWith("OutlierQuant", StringComparison.Ordinal);

    private bool HasQueryKeyNorm => Architecture == "Qwen3ForCausalLM" || Variant.QueryKeyNorm;

    /// <summary>Writes <c>config.json</c>, <c>model.safetensors</c> and perhaps the tokenizer.</summary>
    /// <param name="directory">A directory that exists.</param>
    /// <returns>The directory.</returns>
    public string Write(string directory)
    {
        File.WriteAllText(Path.Combine(directory, "config.json"), Configuration().ToJsonString());
        RandomTensors tensors = new(Seed, Type);
        if (IsGpt2)
        {
            AddGpt2(tensors);
        }
        else
        {
            AddLlama(tensors);
        }

        SafetensorsWriter.Write(Path.Combine(directory, "model.safetensors"), tensors.ToWrite);
        if (Tokenizer)
        {
            ByteTokenizer.Write(directory);
        }

        return directory;
    }

    /// <summary>Gives the <c>config.json</c>, which a test may change before writing its own.</summary>
    public JsonObject Configuration()
    {
        JsonObject root = PublishedConfiguration();
        if (IsOwn)
        {
            root["model_type"] = IsGpt2 ? "outlierquant_gpt2" : "outlierquant_llama";
            root["variant"] = new JsonObject
            {
                ["attention"] = VariantName.Attention[Variant.Attention],
                ["norm"] = VariantName.Norm[Variant.Norm],
                ["qk_norm"] = Variant.QueryKeyNorm,
            };
        }

        return root;
    }

    private JsonObject PublishedConfiguration() => IsGpt2
        ? new JsonObject
        {
            ["architectures"] = new JsonArray(Architecture),
            ["model_type"] = "gpt2",
            ["activation_function"] = Activation ?? "gelu_new",
            ["bos_token_id"] = ByteTokenizer.BosTokenId,
            ["eos_token_id"] = ByteTokenizer.EosTokenId,
            ["layer_norm_epsilon"] = 1e-5,
            ["n_embd"] = HiddenSize,
            ["n_head"] = HeadCount,
            ["n_inner"] = IntermediateSize,
            ["n_layer"] = BlockCount,
            ["n_positions"] = MaxPositions,
            ["tie_word_embeddings"] = TieWordEmbeddings,
            ["vocab_size"] = VocabularySize,
        }
        : new JsonObject
        {
            ["architectures"] = new JsonArray(Architecture),
            ["model_type"] = Architecture[..^"ForCausalLM".Length].ToLowerInvariant(),
            ["attention_bias"] = AttentionBias,
            ["bos_token_id"] = ByteTokenizer.BosTokenId,
            ["eos_token_id"] = ByteTokenizer.EosTokenId,
            ["head_dim"] = HeadSize,
            ["hidden_act"] = Activation ?? "silu",
            ["hidden_size"] = HiddenSize,
            ["intermediate_size"] = IntermediateSize,
            ["max_position_embeddings"] = MaxPositions,
            ["max_window_layers"] = FirstSlidingBlock,
            ["mlp_bias"] = MlpBias,
            ["num_attention_heads"] = HeadCount,
            ["num_hidden_layers"] = BlockCount,
            ["num_key_value_heads"] = KeyValueHeadCount,
            ["rms_norm_eps"] = 1e-5,
            ["rope_scaling"] = RopeScaling is null ? null : JsonNode.Parse(RopeScaling),
            ["rope_theta"] = RopeTheta,
            ["sliding_window"] = SlidingWindow,
            ["tie_word_embeddings"] = TieWordEmbeddings,
            ["use_sliding_window"] = SlidingWindow is not null,
            ["vocab_size"] = VocabularySize,
        };

    private void AddLlama(RandomTensors tensors)
    {
        bool isQwen2 = Architecture == "Qwen2ForCausalLM";
        tensors.AddEmbedding("model.embed_tokens.weight", VocabularySize, HiddenSize, BosOutlier);
        for (int block = 0; block < BlockCount; block++)
        {
            string prefix = $"model.layers.{block}.";
            tensors.AddGain($"{prefix}{LlamaNorms()[0]}.weight", HiddenSize);
            tensors.AddLinear($"{prefix}self_attn.q_proj", HeadCount * HeadSize, HiddenSize, AttentionBias || isQwen2);
            tensors.AddLinear($"{prefix}self_attn.k_proj", KeyValueHeadCount * HeadSize, HiddenSize, AttentionBias || isQwen2);
            tensors.AddLinear($"{prefix}self_attn.v_proj", KeyValueHeadCount * HeadSize, HiddenSize, AttentionBias || isQwen2);
            tensors.AddLinear($"{prefix}self_attn.o_proj", HiddenSize, HeadCount * HeadSize, AttentionBias);
            AddAttentionParts(tensors, $"{prefix}self_attn.", KeyValueHeadCount, HeadSize);
            if (Variant.Attention == AttentionVariant.Gated)
            {
                tensors.AddLinear($"{prefix}self_attn.head_gate", HeadCount, HiddenSize, AttentionBias);
            }

            foreach (string norm in LlamaNorms()[1..])
            {
                tensors.AddGain($"{prefix}{norm}.weight", HiddenSize);
            }

            tensors.AddLinear($"{prefix}mlp.gate_proj", IntermediateSize, HiddenSize, MlpBias);
            tensors.AddLinear($"{prefix}mlp.up_proj", IntermediateSize, HiddenSize, MlpBias);
            tensors.AddLinear($"{prefix}mlp.down_proj", HiddenSize, IntermediateSize, MlpBias);
        }

        if (Variant.Norm != NormPlacement.Post)
        {
            tensors.AddGain("model.norm.weight", HiddenSize);
        }

        AddHead(tensors);
    }

    private string[] LlamaNorms() => (IsOwn, Variant.Norm) switch
    {
        (false, _) => ["input_layernorm", "post_attention_layernorm"],
        (_, NormPlacement.Pre) => ["input_layernorm", "pre_feedforward_layernorm"],
        (_, NormPlacement.Post) => ["post_attention_layernorm", "post_feedforward_layernorm"],
        _ => ["input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"],
    };

    private string[] Gpt2Norms() => Variant.Norm switch
    {
        NormPlacement.Pre => ["ln_1", "ln_2"],
        NormPlacement.Post => ["ln_1_post", "ln_2_post"],
        _ => ["ln_1", "ln_1_post", "ln_2", "ln_2_post"],
    };

    private void AddAttentionParts(RandomTensors tensors, string prefix, int keyValueHeads, int headSize)
    {
        if (HasQueryKeyNorm)
        {
            tensors.AddGain($"{prefix}q_norm.weight", headSize);
            tensors.AddGain($"{prefix}k_norm.weight", headSize);
        }

        if (Variant.HasConstantKeys)
        {
            tensors.AddTable($"{prefix}constant_key", keyValueHeads, headSize);
            tensors.AddTable($"{prefix}constant_value", keyValueHeads, headSize);
        }
    }

    private void AddGpt2(RandomTensors tensors)
    {
        tensors.AddEmbedding($"{Prefix}wte.weight", VocabularySize, HiddenSize, BosOutlier);
        tensors.AddEmbedding($"{Prefix}wpe.weight", MaxPositions, HiddenSize, 0);
        for (int block = 0; block < BlockCount; block++)
        {
            string prefix = $"{Prefix}h.{block}.";
            tensors.AddLayerNorm($"{prefix}{Gpt2Norms()[0]}", HiddenSize);
            tensors.AddConv1D($"{prefix}attn.c_attn", 3 * HiddenSize, HiddenSize);
            tensors.AddConv1D($"{prefix}attn.c_proj", HiddenSize, HiddenSize);
            AddAttentionParts(tensors, $"{prefix}attn.", HeadCount, HiddenSize / HeadCount);
            if (Variant.Attention == AttentionVariant.Gated)
            {
                tensors.AddConv1D($"{prefix}attn.head_gate", HeadCount, HiddenSize);
            }

            foreach (string norm in Gpt2Norms()[1..])
            {
                tensors.AddLayerNorm($"{prefix}{norm}", HiddenSize);
            }

            tensors.AddConv1D($"{prefix}mlp.c_fc", IntermediateSize, HiddenSize);
            tensors.AddConv1D($"{prefix}mlp.c_proj", HiddenSize, IntermediateSize);
        }

        if (Variant.Norm != NormPlacement.Post)
        {
            tensors.AddLayerNorm($"{Prefix}ln_f", HiddenSize);
        }

        AddHead(tensors);
    }

    private void AddHead(RandomTensors tensors)
    {
        if (!TieWordEmbeddings)
        {
            tensors.AddLinear("lm_head", VocabularySize, HiddenSize, false);
        }
    }
}
