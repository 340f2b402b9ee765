using System.Text.Json;
using OutlierQuant.Checkpoints.Json;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>Reads the rotary embedding from the old keys (<c>rope_theta</c>, <c>rope_scaling</c>) or from that of transformers 5 (<c>rope_parameters</c>).</summary>
internal static class RotaryEmbeddingReader
{
    // What every architecture here assumes when its file, older than the key, has no rope_theta.
    private const double DefaultTheta = 10_000;

    private const double LargestTheta = 1e15;
    private const double LargestFactor = 1e6;

    /// <summary>Returns the base of the frequencies and their scaling, null for none.</summary>
    public static (double Theta, RopeScaling? Scaling) Read(JsonItem config)
    {
        JsonItem? old = config.Find("rope_scaling");
        JsonItem? parameters = config.Find("rope_parameters");
        if (old is not null && parameters is not null)
        {
            throw old.Wrong("rope_scaling and rope_parameters are both given; one of them is required to go");
        }

        JsonItem? theta = config.Find("rope_theta");
        JsonItem? innerTheta = (parameters ?? old)?.Find("rope_theta");
        double? outerValue = theta?.AsNumber(1, LargestTheta);
        double? innerValue = innerTheta?.AsNumber(1, LargestTheta);
        if (outerValue is not null && innerValue is not null && outerValue != innerValue)
        {
            throw innerTheta!.Wrong($"{innerTheta.KeyPath} is {innerTheta}, but rope_theta is {theta}; they must agree");
        }

        return (innerValue ?? outerValue ?? DefaultTheta, (parameters ?? old) is { } block ? ReadScaling(block) : null);
    }

    private static RopeScaling? ReadScaling(JsonItem block)
    {
        block.RequireKind(JsonValueKind.Object);
        JsonItem? type = block.Find("rope_type");
        JsonItem? oldType = block.Find("type");
        if (type is not null && oldType is not null && type.AsText() != oldType.AsText())
        {
            throw oldType.Wrong($"{oldType.KeyPath} is {oldType}, but {type.KeyPath} is {type}; they must agree");
        }

        JsonItem name = type ?? oldType ?? throw block.Wrong($"there is no {block.Join("rope_type")}; default, linear or llama3 is required");
        RopeScaling? scaling;
        switch (name.AsOneOf("default", "linear", "llama3"))
        {
            case "default":
                block.RefuseKeysExcept("rope_type", "type", "rope_theta", "partial_rotary_factor");
                scaling = null;
                break;
            case "linear":
                block.RefuseKeysExcept("rope_type", "type", "rope_theta", "partial_rotary_factor", "factor");
                scaling = new RopeScaling("linear", Factor(block), 1, 1, 0);
                break;
            default:
                block.RefuseKeysExcept("rope_type", "type", "rope_theta", "partial_rotary_factor", "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings");
                scaling = ReadLlama3(block);
                break;
        }

        if (block.Find("partial_rotary_factor") is { } share && share.AsNumber(0, 1) != 1)
        {
            throw share.Wrong($"{share.KeyPath} is {share}; only 1 (every dimension of a head is rotated) is supported");
        }

        return scaling;
    }

    private static RopeScaling ReadLlama3(JsonItem block)
    {
        double low = block.Require("low_freq_factor").AsNumber(1e-6, LargestFactor);
        JsonItem highItem = block.Require("high_freq_factor");
        double high = highItem.AsNumber(1e-6, LargestFactor);
        if (high <= low)
        {
            throw highItem.Wrong($"{highItem.KeyPath} is {highItem}; it must be above low_freq_factor, which is {low}");
        }

        int original = block.Require("original_max_position_embeddings").AsInteger(1, ModelConfigReader.LargestPosition);
        return new RopeScaling("llama3", Factor(block), low, high, original);
    }

    private static double Factor(JsonItem block) => block.Require("factor").AsNumber(1, LargestFactor);
}
