using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Configuration;

public sealed class ModelConfigRefusalTests
{
    [Theory]
    // Architectures.
    [InlineData("llama", """{"architectures":["FalconForCausalLM"]}""", "the architecture 'FalconForCausalLM' is not supported; the supported ones are LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, GPT2LMHeadModel, OutlierQuantLlamaForCausalLM, OutlierQuantGPT2LMHeadModel")]
    [InlineData("llama", """{"architectures":"absent"}""", "there is no architectures; it is required")]
    [InlineData("llama", """{"architectures":[]}""", "architectures has 0 names; exactly one is required")]
    [InlineData("llama", """{"architectures":["LlamaForCausalLM","X"]}""", "architectures has 2 names")]
    [InlineData("llama", """{"architectures":"LlamaForCausalLM"}""", "architectures is 'LlamaForCausalLM'; an array is required")]
    [InlineData("llama", """{"model_type":"smollm3"}""", "model_type is 'smollm3'; LlamaForCausalLM requires 'llama'")]
    // Sizes.
    [InlineData("llama", """{"hidden_size":"absent"}""", "there is no hidden_size; it is required")]
    [InlineData("llama", """{"hidden_size":null}""", "hidden_size is null; a value is required")]
    [InlineData("llama", """{"hidden_size":0}""", "hidden_size is 0; a whole number from 1 to 1048576 is required")]
    [InlineData("llama", """{"hidden_size":-64}""", "hidden_size is -64")]
    [InlineData("llama", """{"hidden_size":64.5}""", "hidden_size is 64.5")]
    [InlineData("llama", """{"hidden_size":1e300}""", "hidden_size is 1")]
    [InlineData("llama", """{"hidden_size":99999999999}""", "hidden_size is 99999999999")]
    [InlineData("llama", """{"hidden_size":"64"}""", "hidden_size is '64'; a whole number")]
    [InlineData("llama", """{"hidden_size":[64]}""", "hidden_size is an array; a whole number")]
    [InlineData("llama", """{"intermediate_size":0}""", "intermediate_size is 0")]
    [InlineData("llama", """{"num_hidden_layers":1000000}""", "num_hidden_layers is 1000000; a whole number from 1 to 65536")]
    [InlineData("llama", """{"vocab_size":true}""", "vocab_size is true")]
    [InlineData("llama", """{"max_position_embeddings":0}""", "max_position_embeddings is 0")]
    [InlineData("llama", """{"num_attention_heads":3,"num_key_value_heads":1}""", "num_attention_heads is 3; without head_dim it must divide hidden_size, which is 64")]
    [InlineData("llama", """{"num_key_value_heads":3}""", "num_key_value_heads is 3; it must divide num_attention_heads, which is 4")]
    [InlineData("llama", """{"head_dim":15}""", "the size of a head is 15; rotary embeddings need an even one")]
    [InlineData("llama", """{"num_attention_heads":65536,"num_key_value_heads":1,"head_dim":1048576}""", "are more than 2147483647 channels")]
    [InlineData("mistral", """{"num_key_value_heads":"absent"}""", "there is no num_key_value_heads")]
    [InlineData("qwen3", """{"head_dim":"absent"}""", "there is no head_dim")]
    [InlineData("gpt2", """{"n_head":5}""", "n_head is 5; it must divide n_embd, which is 64")]
    [InlineData("gpt2", """{"n_inner":0}""", "n_inner is 0")]
    [InlineData("gpt2", """{"n_positions":"absent"}""", "there is no n_positions")]
    // Numbers and words.
    [InlineData("llama", """{"rms_norm_eps":-1e-5}""", "rms_norm_eps is -")]
    [InlineData("llama", """{"rms_norm_eps":"1e-5"}""", "rms_norm_eps is '1e-5'; a number from 0 to 1 is required")]
    [InlineData("llama", """{"rms_norm_eps":"absent"}""", "there is no rms_norm_eps")]
    [InlineData("gpt2", """{"layer_norm_epsilon":2}""", "layer_norm_epsilon is 2")]
    [InlineData("llama", """{"hidden_act":"swiglu"}""", "hidden_act is 'swiglu'; one of silu, gelu, gelu_new, gelu_pytorch_tanh, relu is required")]
    [InlineData("gpt2", """{"activation_function":"gelu_fast"}""", "activation_function is 'gelu_fast'")]
    [InlineData("llama", """{"tie_word_embeddings":1}""", "tie_word_embeddings is 1; true or false is required")]
    [InlineData("llama", """{"torch_dtype":16}""", "torch_dtype is 16; a string is required")]
    // Tokens.
    [InlineData("llama", """{"bos_token_id":100}""", "bos_token_id is 100; a whole number from 0 to 99 is required")]
    [InlineData("llama", """{"bos_token_id":[1]}""", "bos_token_id is an array")]
    [InlineData("llama", """{"eos_token_id":[1,-1]}""", "eos_token_id[1] is -1")]
    [InlineData("llama", """{"eos_token_id":"</s>"}""", "eos_token_id is '</s>'")]
    // Rotary embeddings.
    [InlineData("llama", """{"rope_theta":0}""", "rope_theta is 0; a number from 1 to")]
    [InlineData("llama", """{"rope_scaling":{"rope_type":"yarn","factor":4}}""", "rope_scaling.rope_type is 'yarn'; one of default, linear, llama3 is required")]
    [InlineData("llama", """{"rope_scaling":{"type":"dynamic","factor":2}}""", "rope_scaling.type is 'dynamic'; one of default, linear, llama3")]
    [InlineData("llama", """{"rope_scaling":{"factor":2}}""", "there is no rope_scaling.rope_type")]
    [InlineData("llama", """{"rope_scaling":{"type":"linear","rope_type":"llama3","factor":2}}""", "rope_scaling.type is 'linear', but rope_scaling.rope_type is 'llama3'; they must agree")]
    [InlineData("llama", """{"rope_scaling":{"type":"linear"}}""", "there is no rope_scaling.factor")]
    [InlineData("llama", """{"rope_scaling":{"type":"linear","factor":0.5}}""", "rope_scaling.factor is 0.5; a number from 1 to")]
    [InlineData("llama", """{"rope_scaling":{"type":"linear","factor":2,"attention_factor":2}}""", "the key 'rope_scaling.attention_factor' is not known")]
    [InlineData("llama", """{"rope_scaling":{"type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4,"original_max_position_embeddings":64}}""", "rope_scaling.high_freq_factor is 4; it must be above low_freq_factor, which is 4")]
    [InlineData("llama", """{"rope_scaling":{"type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4}}""", "there is no rope_scaling.original_max_position_embeddings")]
    [InlineData("llama", """{"rope_scaling":"linear"}""", "rope_scaling is 'linear'; an object is required")]
    [InlineData("llama", """{"rope_parameters":{"rope_type":"default","partial_rotary_factor":0.5}}""", "rope_parameters.partial_rotary_factor is 0.5; only 1")]
    [InlineData("llama", """{"rope_parameters":{"full_attention":{"rope_type":"default"}}}""", "there is no rope_parameters.rope_type")]
    [InlineData("llama", """{"rope_parameters":{"rope_type":"default","rope_theta":5},"rope_theta":6}""", "rope_parameters.rope_theta is 5, but rope_theta is 6; they must agree")]
    [InlineData("llama", """{"rope_parameters":{"rope_type":"default"},"rope_scaling":{"type":"default"}}""", "rope_scaling and rope_parameters are both given")]
    // Variants.
    [InlineData("own", """{"variant":"absent"}""", "there is no variant; it is required")]
    [InlineData("own", """{"variant":{"attention":"relu","norm":"pre","qk_norm":false}}""", "variant.attention is 'relu'; one of default, bias, sink-token, gated is required")]
    [InlineData("own", """{"variant":{"attention":"bias","norm":"none","qk_norm":false}}""", "variant.norm is 'none'; one of pre, sandwich, post is required")]
    [InlineData("own", """{"variant":{"attention":"bias","norm":"pre","qk_norm":1}}""", "variant.qk_norm is 1; true or false is required")]
    [InlineData("own", """{"variant":{"attention":"bias","norm":"pre"}}""", "there is no variant.qk_norm")]
    [InlineData("own", """{"variant":{"attention":"bias","norm":"pre","qk_norm":false,"gate":"element"}}""", "the key 'variant.gate' is not known; the known keys are attention, norm, qk_norm")]
    [InlineData("own", """{"model_type":"llama"}""", "model_type is 'llama'; OutlierQuantLlamaForCausalLM requires 'outlierquant_llama'")]
    [InlineData("own", """{"sliding_window":16}""", "sliding_window is 16")]
    [InlineData("llama", """{"variant":{"attention":"bias","norm":"pre","qk_norm":false}}""", "variant is given; LlamaForCausalLM has no such setting, so it must be absent")]
    // Sliding windows.
    [InlineData("llama", """{"sliding_window":4096}""", "sliding_window is 4096; LlamaForCausalLM has no sliding window")]
    [InlineData("mistral", """{"sliding_window":"absent"}""", "there is no sliding_window")]
    [InlineData("mistral", """{"sliding_window":0}""", "sliding_window is 0")]
    [InlineData("mistral", """{"layer_types":["full_attention"]}""", "layer_types has 1 entries; num_hidden_layers requires 2")]
    [InlineData("mistral", """{"layer_types":["full_attention","linear_attention"]}""", "layer_types[1] is 'linear_attention'; one of full_attention, sliding_attention")]
    [InlineData("mistral", """{"sliding_window":null,"layer_types":["full_attention","sliding_attention"]}""", "layer_types has sliding_attention, but no sliding window is in use")]
    [InlineData("qwen2", """{"use_sliding_window":true,"max_window_layers":"absent"}""", "there is no max_window_layers")]
    [InlineData("qwen2", """{"use_sliding_window":true,"sliding_window":null}""", "sliding_window is null")]
    // Settings that would change the computation.
    [InlineData("mistral", """{"attention_bias":true}""", "attention_bias is true; MistralForCausalLM has no such setting")]
    [InlineData("qwen2", """{"mlp_bias":true}""", "mlp_bias is true; Qwen2ForCausalLM has no such setting")]
    [InlineData("llama", """{"attention_bias":"yes"}""", "attention_bias is 'yes'; true or false is required")]
    [InlineData("llama", """{"partial_rotary_factor":0.5}""", "partial_rotary_factor is 0.5; this setting is not implemented, so it must be 1 or null")]
    [InlineData("llama", """{"attn_logit_softcapping":50.0}""", "attn_logit_softcapping is 50.0; this setting is not implemented, so it must be off")]
    [InlineData("llama", """{"num_experts":8}""", "num_experts is 8")]
    [InlineData("llama", """{"num_local_experts":8}""", "num_local_experts is 8")]
    [InlineData("llama", """{"embedding_multiplier":12}""", "embedding_multiplier is 12")]
    [InlineData("llama", """{"no_rope_layers":[1]}""", "no_rope_layers is an array")]
    [InlineData("llama", """{"is_encoder_decoder":true}""", "is_encoder_decoder is true")]
    [InlineData("gpt2", """{"scale_attn_by_inverse_layer_idx":true}""", "scale_attn_by_inverse_layer_idx is true")]
    [InlineData("gpt2", """{"reorder_and_upcast_attn":true}""", "reorder_and_upcast_attn is true")]
    [InlineData("gpt2", """{"scale_attn_weights":false}""", "scale_attn_weights is false; unscaled attention is not implemented")]
    [InlineData("gpt2", """{"add_cross_attention":true}""", "add_cross_attention is true")]
    [InlineData("llama", """{"quantization_config":{"quant_method":"gptq","bits":4}}""", "quant_method is 'gptq'; only 'outlierquant' is read: start from the float checkpoint instead")]
    [InlineData("llama", """{"quantization_config":[]}""", "quantization_config is an array; an object is required")]
    public void Load_WrongValue_NamesFileByteAndKey(string architecture, string changes, string problem)
    {
        using TemporaryDirectory directory = new();
        string text = ConfigurationFiles.Change(ConfigurationFiles.Of(architecture), changes);
        string path = directory.Write("config.json", text);

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => ModelConfig.Load(directory.Path));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.StartsWith($"{path}: byte {error.ByteOffset}: ", error.Message, StringComparison.Ordinal);
        Assert.Equal(path, error.Path);
        Assert.InRange(error.ByteOffset, 0, text.Length - 1);
    }

    [Theory]
    [InlineData("", 0, "not valid JSON")]
    [InlineData("[]", 0, "the file is an array; an object is required")]
    [InlineData("{", 1, "not valid JSON")]
    [InlineData("{}x", 2, "not valid JSON")]
    [InlineData("{\"a\":NaN}", 5, "not valid JSON")]
    [InlineData("{\"a\":1,\"a\":2}", 7, "the key 'a' appears twice")]
    [InlineData("{\"a\":{\"b\":1,\"b\":2}}", 12, "the key 'a.b' appears twice")]
    [InlineData("{\"a\":\"\\udc00\"}", 5, "half of a surrogate pair")]
    [InlineData("\ufeff{}", 0, "not valid JSON")]
    public void Load_NotOneJsonObject_NamesTheByte(string text, long byteOffset, string problem)
    {
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => ConfigurationFiles.Load(text));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Equal(byteOffset, error.ByteOffset);
    }

    [Fact]
    public void Load_WrongValue_PointsToItsFirstByte()
    {
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => ConfigurationFiles.Load("""{"architectures":["X"]}"""));
        Assert.Equal(18, error.ByteOffset);
    }

    [Fact]
    public void Load_DeepNestingOrHugeFile_IsRefused()
    {
        Assert.Contains("nests too deep", Assert.Throws<CheckpointFormatException>(() => ConfigurationFiles.Load("{\"a\":" + new string('[', 1000))).Message, StringComparison.Ordinal);

        using TemporaryDirectory directory = new();
        using (FileStream file = File.Create(directory.File("config.json")))
        {
            file.SetLength(3_000_000_000);
        }

        Assert.Contains("at most 16777216 are allowed", Assert.Throws<CheckpointFormatException>(() => ModelConfig.Load(directory.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoFile_SaysWhatIsNeeded()
    {
        using TemporaryDirectory directory = new();
        FileNotFoundException error = Assert.Throws<FileNotFoundException>(() => ModelConfig.Load(directory.Path));
        Assert.Equal($"{directory.Path}: there is no config.json; a Hugging Face checkpoint directory is needed.", error.Message);
    }
}
