using OutlierQuant.Checkpoints.Json;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>Reads a <c>quantization_config</c> and refuses every key and value that is not understood.</summary>
internal static class QuantizationBlockReader
{
    private static readonly string[] Preservations = ["none", "channels", "clip", "mean"];

    public static QuantizationBlock Read(JsonItem block, int blockCount, int hiddenSize)
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

        block.RefuseKeysExcept("quant_method", "version", "scheme", "preserve", "method", "include_head", "linears", "residual");
        return new QuantizationBlock
        {
            Version = number,
            Scheme = NonEmpty(block.Require("scheme")),
            Preserve = block.Require("preserve").AsOneOf(Preservations),
            Method = NonEmpty(block.Require("method")),
            IncludeHead = block.Require("include_head").AsBoolean(),
            Linears = block.Require("linears").Properties.ToDictionary(static pair => pair.Key, static pair => ReadLinear(pair.Value)),
            Residual = block.Find("residual") is { } residual ? ReadResidual(residual, blockCount, hiddenSize) : null,
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

    private static ResidualQuantization ReadResidual(JsonItem item, int blockCount, int hiddenSize)
    {
        item.RefuseKeysExcept("bits", "scales", "preserved_channels", "preserve", "means");
        List<int> channels = ReadChannels(item.Require("preserved_channels"), hiddenSize);
        return new ResidualQuantization
        {
            Bits = item.Require("bits").AsInteger(2, 8),
            Scales = ReadBlocks(item.Require("scales"), blockCount, ReadScale),
            PreservedChannels = channels,
            Preserve = item.Require("preserve").AsOneOf(Preservations),
            Means = ReadBlocks(item.Require("means"), blockCount, means => ReadMeans(means, channels.Count)),
        };
    }

    private static List<int> ReadChannels(JsonItem item, int hiddenSize)
    {
        List<int> channels = [];
        foreach (JsonItem element in item.Items)
        {
            int channel = element.AsInteger(0, hiddenSize - 1);
            if (channels.Count > 0 && channel <= channels[^1])
            {
                throw element.Wrong($"{element.KeyPath} is {channel} after {channels[^1]}; channels must rise");
            }

            channels.Add(channel);
        }

        return channels;
    }

    private static Dictionary<int, T> ReadBlocks<T>(JsonItem item, int blockCount, Func<JsonItem, T> read)
    {
        Dictionary<int, T> blocks = [];
        foreach ((string key, JsonItem value) in item.Properties)
        {
            if (!BlockKey.TryParse(key, out int block) || block >= blockCount)
            {
                throw value.Wrong($"{item.KeyPath} has the key {Quotation.Of(key)}; a block from 0 to {blockCount - 1} is required");
            }

            blocks.Add(block, read(value));
        }

        return blocks;
    }

    private static float ReadScale(JsonItem item) => item.AsSingle() > 0 ? item.AsSingle() : throw item.Needs("a number above 0");

    private static ResidualMeans ReadMeans(JsonItem item, int channels)
    {
        item.RefuseKeysExcept("at_sink", "elsewhere");
        return new ResidualMeans(ReadValues(item.Require("at_sink"), channels), ReadValues(item.Require("elsewhere"), channels));
    }

    private static List<float> ReadValues(JsonItem item, int count) => item.Items.Count == count
        ? [.. item.Items.Select(static value => value.AsSingle())]
        : throw item.Wrong($"{item.KeyPath} has {item.Items.Count} numbers; one for each of the {count} preserved channels is required");
}
