using OutlierQuant.Checkpoints.Configuration;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Configuration;

public sealed class ModelConfigTests
{
    [Fact]
    public void Load_Llama_HasTheFilesValuesAndTheDocumentedDefaults()
    {
        ModelConfig config = ConfigurationFiles.Load(ConfigurationFiles.Llama);

        Assert.Equal(("LlamaForCausalLM", "llama", "silu"), (config.Architecture, config.ModelType, config.Activation));
        Assert.Equal((64, 96, 2, 4, 2, 16), (config.HiddenSize, config.IntermediateSize, config.BlockCount, config.HeadCount, config.KeyValueHeadCount, config.HeadSize));
        Assert.Equal((100, 128, 1e-5, 10_000.0), (config.VocabularySize, config.MaxPositions, config.NormEpsilon, config.RopeTheta));
        Assert.Null(config.RopeScaling);
        Assert.Null(config.SlidingWindow);
        Assert.Null(config.SlidingBlocks);
        Assert.Equal((false, false, false, false), (config.TieWordEmbeddings, config.AttentionBias, config.AttentionOutputBias, config.MlpBias));
        Assert.Null(config.BosTokenId);
        Assert.Empty(config.EosTokenIds);
        Assert.Null(config.StoredType);
        Assert.Null(config.Quantization);
    }

    [Theory]
    [InlineData("llama", """{"attention_bias":true,"mlp_bias":true}""", true, true, true)]
    [InlineData("llama", """{"attention_bias":null}""", false, false, false)]
    [InlineData("mistral", """{}""", false, false, false)]
    [InlineData("qwen2", """{}""", true, false, false)]
    [InlineData("qwen3", """{"attention_bias":false}""", false, false, false)]
    [InlineData("qwen3", """{"attention_bias":true}""", true, true, false)]
    [InlineData("gpt2", """{}""", true, true, true)]
    public void Load_Biases_AreThoseOfTheArchitecture(string architecture, string changes, bool attention, bool output, bool mlp)
    {
        ModelConfig config = ConfigurationFiles.Load(ConfigurationFiles.Change(ConfigurationFiles.Of(architecture), changes));
        Assert.Equal((attention, output, mlp), (config.AttentionBias, config.AttentionOutputBias, config.MlpBias));
    }

    [Theory]
    [InlineData("llama", """{"num_key_value_heads":"absent"}""", 4, 16)]
    [InlineData("llama", """{"num_key_value_heads":null,"head_dim":null}""", 4, 16)]
    [InlineData("qwen2", """{"num_key_value_heads":null}""", 4, 16)]
    [InlineData("mistral", """{"num_key_value_heads":1.0,"head_dim":8}""", 1, 8)]
    [InlineData("qwen3", """{}""", 2, 32)]
    [InlineData("llama", """{"hidden_size":65,"head_dim":16}""", 2, 16)]
    public void Load_Heads_FollowTheFile(string architecture, string changes, int keyValueHeads, int headSize)
    {
        ModelConfig config = ConfigurationFiles.Load(ConfigurationFiles.Change(ConfigurationFiles.Of(architecture), changes));
        Assert.Equal((keyValueHeads, headSize), (config.KeyValueHeadCount, config.HeadSize));
    }

    [Theory]
    [InlineData("""{"rope_theta":500000}""", 500_000, null)]
    [InlineData("""{"rope_theta":1e6,"rope_scaling":null}""", 1_000_000, null)]
    [InlineData("""{"rope_scaling":{"rope_type":"default"}}""", 10_000, null)]
    [InlineData("""{"rope_scaling":{"type":"linear","factor":4}}""", 10_000, "linear 4 1 1 0")]
    [InlineData("""{"rope_theta":5e5,"rope_scaling":{"rope_type":"llama3","type":"llama3","factor":32.0,"low_freq_factor":1,"high_freq_factor":4.0,"original_max_position_embeddings":8192.0}}""", 500_000, "llama3 32 1 4 8192")]
    [InlineData("""{"rope_parameters":{"rope_type":"default","rope_theta":123.5}}""", 123.5, null)]
    [InlineData("""{"rope_theta":123.5,"rope_parameters":{"rope_type":"linear","rope_theta":123.5,"factor":2.5,"partial_rotary_factor":1.0}}""", 123.5, "linear 2.5 1 1 0")]
    public void Load_RotaryEmbedding_ReadsOldAndNewKeys(string changes, double theta, string? scaling)
    {
        ModelConfig config = ConfigurationFiles.Load(ConfigurationFiles.Change(ConfigurationFiles.Llama, changes));
        Assert.Equal(theta, config.RopeTheta);
        string? found = config.RopeScaling is { } rope
            ? FormattableString.Invariant($"{rope.Type} {rope.Factor} {rope.LowFrequencyFactor} {rope.HighFrequencyFactor} {rope.OriginalMaxPositions}")
            : null;
        Assert.Equal(scaling, found);
    }

    [Theory]
    [InlineData("mistral", """{}""", 32, null)]
    [InlineData("mistral", """{"sliding_window":null}""", null, null)]
    [InlineData("mistral", """{"layer_types":["full_attention","sliding_attention"]}""", 32, "01")]
    [InlineData("mistral", """{"layer_types":["full_attention","full_attention"]}""", null, null)]
    [InlineData("qwen2", """{}""", null, null)]
    [InlineData("qwen2", """{"use_sliding_window":true}""", 32, "011")]
    [InlineData("qwen2", """{"use_sliding_window":true,"max_window_layers":0}""", 32, "111")]
    [InlineData("qwen2", """{"use_sliding_window":true,"max_window_layers":3}""", null, null)]
    [InlineData("qwen2", """{"use_sliding_window":true,"max_window_layers":"absent","layer_types":["sliding_attention","full_attention","full_attention"]}""", 32, "100")]
    [InlineData("qwen2", """{"use_sliding_window":"absent","layer_types":["full_attention","full_attention","full_attention"]}""", null, null)]
    [InlineData("qwen3", """{"use_sliding_window":false,"sliding_window":null}""", null, null)]
    [InlineData("llama", """{"sliding_window":null,"layer_types":["full_attention","full_attention"]}""", null, null)]
    public void Load_SlidingWindow_FollowsTheArchitecturesRule(string architecture, string changes, int? window, string? blocks)
    {
        ModelConfig config = ConfigurationFiles.Load(ConfigurationFiles.Change(ConfigurationFiles.Of(architecture), changes));
        Assert.Equal(window, config.SlidingWindow);
        Assert.Equal(blocks, config.SlidingBlocks is null ? null : string.Concat(config.SlidingBlocks.Select(static sliding => sliding ? '1' : '0')));
    }

    [Theory]
    [InlineData("""{"eos_token_id":7}""", "7")]
    [InlineData("""{"eos_token_id":[1,99]}""", "1 99")]
    [InlineData("""{"eos_token_id":[]}""", "")]
    [InlineData("""{"eos_token_id":null}""", "")]
    public void Load_EosTokens_AreANumberOrAList(string changes, string tokens)
    {
        ModelConfig config = ConfigurationFiles.Load(ConfigurationFiles.Change(ConfigurationFiles.Llama, changes));
        Assert.Equal(tokens, string.Join(' ', config.EosTokenIds));
    }

    [Theory]
    [InlineData("""{"torch_dtype":"float16"}""", "float16")]
    [InlineData("""{"dtype":"bfloat16","torch_dtype":"float16"}""", "bfloat16")]
    [InlineData("""{"dtype":null,"torch_dtype":"float32"}""", "float32")]
    public void Load_StoredType_ReadsOldAndNewKeys(string changes, string type) =>
        Assert.Equal(type, ConfigurationFiles.Load(ConfigurationFiles.Change(ConfigurationFiles.Llama, changes)).StoredType);

    [Fact]
    public void Load_Gpt2_HasLearnedPositionsAndTiedEmbeddings()
    {
        ModelConfig config = ConfigurationFiles.Load(ConfigurationFiles.Change(ConfigurationFiles.Gpt2, """{"n_inner":null,"bos_token_id":99}"""));
        Assert.Equal((64, 256, 2, 4, 4, 16, 128), (config.HiddenSize, config.IntermediateSize, config.BlockCount, config.HeadCount, config.KeyValueHeadCount, config.HeadSize, config.MaxPositions));
        Assert.Equal((true, 0.0, 1e-5, "gelu_new", 99), (config.TieWordEmbeddings, config.RopeTheta, config.NormEpsilon, config.Activation, config.BosTokenId));
        Assert.Equal(77, ConfigurationFiles.Load(ConfigurationFiles.Change(ConfigurationFiles.Gpt2, """{"n_inner":77}""")).IntermediateSize);
        Assert.False(ConfigurationFiles.Load(ConfigurationFiles.Change(ConfigurationFiles.Gpt2, """{"tie_word_embeddings":false}""")).TieWordEmbeddings);
    }

    [Fact]
    public void Load_OwnArchitecture_HasItsVariantAndTheKeysOfLlama()
    {
        ModelConfig config = ConfigurationFiles.Load(ConfigurationFiles.Own);
        Assert.Equal(("OutlierQuantLlamaForCausalLM", "outlierquant_llama", 16), (config.Architecture, config.ModelType, config.HeadSize));
        Assert.Equal(new ModelVariant(AttentionVariant.SinkToken, NormPlacement.Sandwich, true), config.Variant);
        Assert.True(config.Variant.HasConstantKeys);
        Assert.Equal(ModelVariant.Plain, ConfigurationFiles.Load(ConfigurationFiles.Llama).Variant);
    }

    [Fact]
    public void Load_SettingsThatAreOff_ChangeNothing()
    {
        ModelConfig plain = ConfigurationFiles.Load(ConfigurationFiles.Llama);
        ModelConfig off = ConfigurationFiles.Load(ConfigurationFiles.Change(
            ConfigurationFiles.Llama,
            """{"num_experts":0,"attn_logit_softcapping":null,"add_cross_attention":false,"partial_rotary_factor":1.0,"no_rope_layers":[],"scale_attn_weights":true,"transformers_version":"5.0.0","use_cache":false}"""));
        Assert.Equal(plain with { Path = "" }, off with { Path = "", EosTokenIds = plain.EosTokenIds });
    }
}
