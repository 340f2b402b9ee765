using System.Text.Json.Nodes;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>The <c>quantization_config</c> of a checkpoint that OutlierQuant wrote.</summary>
/// <remarks>It says how to read the quantized tensors. Why each linear was treated so stands in the plan beside it.</remarks>
public sealed record QuantizationBlock
{
    /// <summary>The value of <c>quant_method</c>.</summary>
    public const string QuantMethod = "outlierquant";

    /// <summary>The version that is written, and the only one that is read.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Gets the version of the layout.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Gets the scheme's name, for example <c>w8a8-token</c>.</summary>
    public required string Scheme { get; init; }

    /// <summary>Gets what was preserved: <c>none</c>, <c>channels</c>, <c>clip</c>, <c>mean</c>, <c>fold</c> or <c>fold+channels</c>.</summary>
    public required string Preserve { get; init; }

    /// <summary>Gets how the codes were chosen, for example <c>rtn</c>.</summary>
    public required string Method { get; init; }

    /// <summary>Gets whether the output head is quantized too.</summary>
    public bool IncludeHead { get; init; }

    /// <summary>Gets every linear by name, for example <c>model.layers.0.mlp.down_proj</c>.</summary>
    public required IReadOnlyDictionary<string, LinearQuantization> Linears { get; init; }

    /// <summary>Gets the rounding of the residual stream, or null for none.</summary>
    public ResidualQuantization? Residual { get; init; }

    /// <summary>Gets the constant keys and values that stand before every sequence, or null for none.</summary>
    public FoldBlock? Fold { get; init; }

    /// <summary>Makes the json that <see cref="ModelConfig.Load"/> reads back. Linears and blocks are sorted, so equal blocks give equal text.</summary>
    public JsonObject ToJson()
    {
        JsonObject linears = [];
        foreach ((string name, LinearQuantization linear) in Linears.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            linears[name] = new JsonObject
            {
                ["weights"] = linear.Weights,
                ["group_size"] = linear.GroupSize == 0 ? null : linear.GroupSize,
                ["activations"] = linear.Activations,
                ["activation_scale"] = linear.ActivationScale,
                ["preserved_channels"] = linear.PreservedChannels,
            };
        }

        JsonObject block = new()
        {
            ["quant_method"] = QuantMethod,
            ["version"] = Version,
            ["scheme"] = Scheme,
            ["preserve"] = Preserve,
            ["method"] = Method,
            ["include_head"] = IncludeHead,
            ["linears"] = linears,
            ["residual"] = Residual is null ? null : ResidualToJson(Residual),
        };
        if (Fold is not null)
        {
            // Written only where there is one: programs that know no folds read all other checkpoints, and refuse these.
            block["fold"] = new JsonObject { ["prefix"] = ArrayOf(Fold.Prefix), ["bos_token_id"] = Fold.BosTokenId, ["slots"] = Fold.Slots };
        }

        return block;
    }

    private static JsonObject ResidualToJson(ResidualQuantization residual) => new()
    {
        ["bits"] = residual.Bits,
        ["preserve"] = residual.Preserve,
        ["blocks"] = new JsonArray([.. residual.Blocks.OrderBy(static block => block.Block).Select(static block => new JsonObject
        {
            ["block"] = block.Block,
            ["scale"] = block.Scale,
            ["channels"] = ArrayOf(block.Channels),
            ["means_at_sink"] = ArrayOf(block.MeansAtSink),
            ["means_elsewhere"] = ArrayOf(block.MeansElsewhere),
        })]),
    };

    private static JsonArray ArrayOf<T>(IEnumerable<T> values) => new([.. values.Select(static value => (JsonNode)JsonValue.Create(value)!)]);
}
