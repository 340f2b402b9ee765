using OutlierQuant.Checkpoints.Json;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>Reads a <c>quantization_config</c> and refuses every key and value that is not understood.</summary>
internal static class QuantizationBlockReader
{
    /// <summary>What can be preserved.</summary>
    public static readonly string[] Preservations = ["none", "channels", "clip", "mean", "fold", "fold+channels"];

    public static QuantizationBlock Read(JsonItem block, ModelConfig config)
    {
        JsonItem method = block.Require("quant_method");
        if (method.AsText() != QuantizationBlock.QuantMethod)
        {
            throw method.Wrong($"quant_method is {method}; only '{QuantizationBlock.QuantMethod}' is read: start from the float checkpoint instead");
        }

        JsonItem version = block.Require("version");
        int number = version.AsInteger(1, int.MaxValue);
        if (number != QuantizationBlock.CurrentVersion)
        {
            throw version.Wrong($"version is {number}; this program reads version {QuantizationBlock.CurrentVersion}");
        }

        block.RefuseKeysExcept("quant_method", "version", "scheme", "preserve", "method", "include_head", "linears", "residual", "fold");
        JsonItem preserve = block.Require("preserve");
        FoldBlock? fold = block.Find("fold") is { } stored ? FoldBlockReader.Read(stored, config) : null;
        if (preserve.AsOneOf(Preservations).StartsWith("fold", StringComparison.Ordinal) != fold is { Prefix.Count: > 0 })
        {
            throw preserve.Wrong($"preserve is {preserve} {(fold is null ? "without a fold" : $"with a fold of {fold.Prefix.Count} tokens")}; 'fold' and 'fold+channels' require one of at least one token, and only they have it");
        }

        return new QuantizationBlock
        {
            Version = number,
            Scheme = NonEmpty(block.Require("scheme")),
            Preserve = preserve.Text,
            Method = NonEmpty(block.Require("method")),
            IncludeHead = block.Require("include_head").AsBoolean(),
            Linears = block.Require("linears").Properties.ToDictionary(static pair => pair.Key, static pair => ReadLinear(pair.Value)),
            Residual = block.Find("residual") is { } residual ? ResidualQuantizationReader.Read(residual, config.BlockCount, config.HiddenSize) : null,
            Fold = fold,
        };
    }

    private static string NonEmpty(JsonItem item) => item.AsText().Length > 0 ? item.Text : throw item.Needs("a name");

    private static LinearQuantization ReadLinear(JsonItem item)
    {
        item.RefuseKeysExcept("weights", "group_size", "activations", "activation_scale", "preserved_channels");
        JsonItem scale = item.Require("activation_scale");
        LinearQuantization linear = new()
        {
            Weights = item.Require("weights").AsOneOf("float", "int8", "int4", "ternary"),
            GroupSize = item.RequireKey("group_size").IsNull ? 0 : item.Require("group_size").AsInteger(1, ModelConfigReader.LargestWidth),
            Activations = item.Require("activations").AsOneOf("float", "int8", "int4"),
            ActivationScale = scale.AsOneOf("none", "tensor-static", "tensor", "token"),
            PreservedChannels = item.Require("preserved_channels").AsInteger(0, ModelConfigReader.LargestWidth),
        };

        return (linear.Activations == "float") == (linear.ActivationScale == "none")
            ? linear
            : throw scale.Wrong($"{scale.KeyPath} is {scale} with activations '{linear.Activations}'; float inputs require 'none', and only they do");
    }
}
