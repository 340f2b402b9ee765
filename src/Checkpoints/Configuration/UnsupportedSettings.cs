using System.Text.Json;
using OutlierQuant.Checkpoints.Json;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>Settings of other models that change the computation and are not implemented: refused unless they have the value that changes nothing.</summary>
/// <remarks>A configuration file holds many keys that do not matter for inference, so unknown keys cannot all be refused;
/// those listed here would make a model compute something else than this library does.</remarks>
internal static class UnsupportedSettings
{
    /// <summary>The activation functions that are implemented.</summary>
    public static readonly string[] Activations = ["silu", "gelu", "gelu_new", "gelu_pytorch_tanh", "relu"];

    // Each is off when false, 0, or null.
    private static readonly string[] MustBeOff =
    [
        "add_cross_attention", "is_encoder_decoder", "scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn",
        "attn_logit_softcapping", "final_logit_softcapping", "query_pre_attn_scalar", "logit_softcapping", "clip_qkv",
        "num_experts", "num_local_experts", "n_routed_experts", "moe_intermediate_size", "alibi", "parallel_attn",
        "use_parallel_residual", "use_qk_norm", "qk_layernorm", "use_mrope", "attention_chunk_size", "attention_sinks",
        "no_rope_layers", "cross_attention_layers", "compression_config",
    ];

    // Each changes nothing when 1 or null.
    private static readonly string[] MustBeOne =
    [
        "partial_rotary_factor", "rotary_pct", "embedding_multiplier", "attention_multiplier", "residual_multiplier",
        "logits_scaling", "logit_scale", "scale_emb", "scale_depth",
    ];

    /// <summary>Throws at the first setting that is not implemented.</summary>
    public static void Refuse(JsonItem root)
    {
        foreach (string key in MustBeOff)
        {
            if (root.Find(key) is { } item && !IsOff(item))
            {
                throw item.Wrong($"{key} is {item}; this setting is not implemented, so it must be off: false, 0 or null");
            }
        }

        foreach (string key in MustBeOne)
        {
            if (root.Find(key) is { } item && (item.Kind != JsonValueKind.Number || item.AsNumber(double.MinValue, double.MaxValue) != 1))
            {
                throw item.Wrong($"{key} is {item}; this setting is not implemented, so it must be 1 or null");
            }
        }

        if (root.Find("scale_attn_weights") is { } scaled && !scaled.AsBoolean())
        {
            throw scaled.Wrong("scale_attn_weights is false; unscaled attention is not implemented, so it must be true");
        }
    }

    private static bool IsOff(JsonItem item) => item.Kind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Number => item.AsNumber(double.MinValue, double.MaxValue) == 0,
        JsonValueKind.Array => item.Items.Count == 0,
        _ => false,
    };
}
