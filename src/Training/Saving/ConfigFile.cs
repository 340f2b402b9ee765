using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;

namespace OutlierQuant.Training.Saving;

/// <summary>Writes <c>config.json</c>.</summary>
internal static class ConfigFile
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the configuration of a trained model.</summary>
    /// <param name="path">Place of the file.</param>
    /// <param name="shape">Sizes and variant.</param>
    /// <param name="type">F32 or BF16.</param>
    /// <param name="bos">The token in front of every window, or null.</param>
    /// <param name="eos">The token between documents, or null.</param>
    public static void Write(string path, ModelShape shape, TensorType type, int? bos, int? eos)
    {
        string architecture = TensorLayout.ArchitectureOf(shape);
        JsonObject root = shape.Family == ModelFamily.Llama ? Llama(shape, architecture) : Gpt2(shape);
        root.Insert(0, "architectures", new JsonArray(architecture));
        root["bos_token_id"] = bos;
        root["eos_token_id"] = eos;
        root["tie_word_embeddings"] = true;
        root["torch_dtype"] = type == TensorType.F32 ? "float32" : "bfloat16";
        root["vocab_size"] = shape.VocabularySize;
        if (architecture.StartsWith("OutlierQuant", StringComparison.Ordinal))
        {
            root["variant"] = new JsonObject
            {
                ["attention"] = VariantName.Attention[shape.Variant.Attention],
                ["norm"] = VariantName.Norm[shape.Variant.Norm],
                ["qk_norm"] = shape.Variant.QueryKeyNorm,
            };
        }

        AtomicFile.WriteAllText(path, root.ToJsonString(Readable) + "\n");
    }

    private static JsonObject Llama(ModelShape shape, string architecture) => new()
    {
        ["model_type"] = architecture switch
        {
            "LlamaForCausalLM" => "llama",
            "Qwen3ForCausalLM" => "qwen3",
            _ => "outlierquant_llama",
        },
        ["attention_bias"] = false,
        ["head_dim"] = shape.HeadSize,
        ["hidden_act"] = "silu",
        ["hidden_size"] = shape.HiddenSize,
        ["intermediate_size"] = shape.IntermediateSize,
        ["max_position_embeddings"] = shape.Context,
        ["mlp_bias"] = false,
        ["num_attention_heads"] = shape.HeadCount,
        ["num_hidden_layers"] = shape.BlockCount,
        ["num_key_value_heads"] = shape.KeyValueHeadCount,
        ["rms_norm_eps"] = ModelShape.NormEpsilon,
        ["rope_theta"] = ModelShape.RopeTheta,
    };

    private static JsonObject Gpt2(ModelShape shape) => new()
    {
        ["model_type"] = TensorLayout.ArchitectureOf(shape) == "GPT2LMHeadModel" ? "gpt2" : "outlierquant_gpt2",
        ["activation_function"] = "gelu_new",
        ["layer_norm_epsilon"] = ModelShape.NormEpsilon,
        ["n_embd"] = shape.HiddenSize,
        ["n_head"] = shape.HeadCount,
        ["n_inner"] = shape.IntermediateSize,
        ["n_layer"] = shape.BlockCount,
        ["n_positions"] = shape.Context,
    };
}
