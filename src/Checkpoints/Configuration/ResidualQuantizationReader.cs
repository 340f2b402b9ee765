using OutlierQuant.Checkpoints.Json;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>Reads the <c>residual</c> part of a <c>quantization_config</c>.</summary>
internal static class ResidualQuantizationReader
{
    public static ResidualQuantization Read(JsonItem item, int blockCount, int hiddenSize)
    {
        item.RefuseKeysExcept("bits", "preserve", "blocks");
        string preserve = item.Require("preserve").AsOneOf("none", "channels", "clip", "mean");
        List<ResidualBlock> blocks = [];
        foreach (JsonItem element in item.Require("blocks").Items)
        {
            element.RefuseKeysExcept("block", "scale", "channels", "means_at_sink", "means_elsewhere");
            int[] channels = ReadChannels(element.Require("channels"), hiddenSize);
            int means = preserve == "mean" ? channels.Length : 0;
            ResidualBlock block = new()
            {
                Block = element.Require("block").AsInteger(0, blockCount - 1),
                Scale = ReadScale(element.Require("scale")),
                Channels = channels,
                MeansAtSink = ReadMeans(element.Require("means_at_sink"), means),
                MeansElsewhere = ReadMeans(element.Require("means_elsewhere"), means),
            };

            if (blocks.Count > 0 && block.Block <= blocks[^1].Block)
            {
                throw element.Wrong($"{element.KeyPath} is for block {block.Block} after block {blocks[^1].Block}; blocks must rise");
            }

            blocks.Add(block);
        }

        return new ResidualQuantization { Bits = item.Require("bits").AsInteger(2, 8), Preserve = preserve, Blocks = blocks };
    }

    private static int[] ReadChannels(JsonItem item, int hiddenSize)
    {
        int[] channels = [.. item.Items.Select(element => element.AsInteger(0, hiddenSize - 1))];
        for (int i = 1; i < channels.Length; i++)
        {
            if (channels[i] <= channels[i - 1])
            {
                throw item.Items[i].Wrong($"{item.Items[i].KeyPath} is {channels[i]} after {channels[i - 1]}; channels must rise");
            }
        }

        return channels;
    }

    private static float ReadScale(JsonItem item) => item.AsSingle() > 0 ? item.AsSingle() : throw item.Needs("a number above 0");

    private static float[] ReadMeans(JsonItem item, int count) => item.Items.Count == count
        ? [.. item.Items.Select(static value => value.AsSingle())]
        : throw item.Wrong($"{item.KeyPath} has {item.Items.Count} numbers; {count} are required: one per channel under 'mean', none otherwise");
}
