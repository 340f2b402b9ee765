using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Testing;

namespace OutlierQuant.Checkpoints.Tests.Configuration;

/// <summary>The smallest valid <c>config.json</c> of each architecture, and changes to it.</summary>
internal static class ConfigurationFiles
{
    public const string Llama = """
        {"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":64,"intermediate_size":96,"num_hidden_layers":2,
         "num_attention_heads":4,"num_key_value_heads":2,"vocab_size":100,"max_position_embeddings":128,"rms_norm_eps":1e-05,"hidden_act":"silu"}
        """;

    public const string Mistral = """
        {"architectures":["MistralForCausalLM"],"model_type":"mistral","hidden_size":64,"intermediate_size":96,"num_hidden_layers":2,
         "num_attention_heads":4,"num_key_value_heads":2,"vocab_size":100,"max_position_embeddings":128,"rms_norm_eps":1e-05,"hidden_act":"silu","sliding_window":32}
        """;

    public const string Qwen2 = """
        {"architectures":["Qwen2ForCausalLM"],"model_type":"qwen2","hidden_size":64,"intermediate_size":96,"num_hidden_layers":3,
         "num_attention_heads":4,"num_key_value_heads":2,"vocab_size":100,"max_position_embeddings":128,"rms_norm_eps":1e-06,"hidden_act":"silu",
         "use_sliding_window":false,"sliding_window":32,"max_window_layers":1}
        """;

    public const string Qwen3 = """
        {"architectures":["Qwen3ForCausalLM"],"model_type":"qwen3","hidden_size":64,"intermediate_size":96,"num_hidden_layers":2,
         "num_attention_heads":4,"num_key_value_heads":2,"head_dim":32,"vocab_size":100,"max_position_embeddings":128,"rms_norm_eps":1e-06,"hidden_act":"silu"}
        """;

    public const string Gpt2 = """
        {"architectures":["GPT2LMHeadModel"],"model_type":"gpt2","n_embd":64,"n_layer":2,"n_head":4,"n_positions":128,"vocab_size":100,
         "layer_norm_epsilon":1e-05,"activation_function":"gelu_new"}
        """;

    public const string Own = """
        {"architectures":["OutlierQuantLlamaForCausalLM"],"model_type":"outlierquant_llama","hidden_size":64,"intermediate_size":96,"num_hidden_layers":2,
         "num_attention_heads":4,"num_key_value_heads":2,"vocab_size":100,"max_position_embeddings":128,"rms_norm_eps":1e-05,"hidden_act":"silu",
         "variant":{"attention":"sink-token","norm":"sandwich","qk_norm":true}}
        """;

    /// <summary>Returns the file of an architecture's short name.</summary>
    public static string Of(string architecture) => architecture switch
    {
        "llama" => Llama,
        "mistral" => Mistral,
        "qwen2" => Qwen2,
        "qwen3" => Qwen3,
        "gpt2" => Gpt2,
        "own" => Own,
        _ => throw new ArgumentException(architecture, nameof(architecture)),
    };

    /// <summary>Replaces keys; a value of <c>absent</c> removes the key.</summary>
    public static string Change(string config, string changes)
    {
        JsonObject root = JsonNode.Parse(config)!.AsObject();
        foreach ((string key, JsonNode? value) in JsonNode.Parse(changes)!.AsObject())
        {
            root.Remove(key);
            if (value?.GetValueKind() != System.Text.Json.JsonValueKind.String || value.GetValue<string>() != "absent")
            {
                root[key] = value?.DeepClone();
            }
        }

        return root.ToJsonString();
    }

    /// <summary>Loads a file with this content.</summary>
    public static ModelConfig Load(string config)
    {
        using TemporaryDirectory directory = new();
        directory.Write("config.json", config);
        return ModelConfig.Load(directory.Path);
    }
}
