using OutlierQuant.Checkpoints.Json;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>Reads which blocks attend to a window of the last positions only.</summary>
internal static class SlidingWindowReader
{
    private const string Full = "full_attention";
    private const string Sliding = "sliding_attention";

    /// <summary>Returns the window and the blocks that have it; a null list means all.</summary>
    public static (int? Window, IReadOnlyList<bool>? Blocks) Read(JsonItem root, string architecture, int blockCount)
    {
        (int? window, IReadOnlyList<bool>? blocks) = architecture switch
        {
            "MistralForCausalLM" => (Window(root.RequireKey("sliding_window")), null),
            "LlamaForCausalLM" => (NoWindow(root), null),
            _ => ReadQwen(root, blockCount),
        };

        if (root.Find("layer_types") is not { } types)
        {
            return (window, blocks);
        }

        bool[] named = ReadLayerTypes(types, blockCount);
        if (named.Contains(true) && window is null)
        {
            throw types.Wrong("layer_types has sliding_attention, but no sliding window is in use; a sliding_window is required");
        }

        return named.Contains(true) ? (window, named) : (null, null);
    }

    private static (int? Window, IReadOnlyList<bool>? Blocks) ReadQwen(JsonItem root, int blockCount)
    {
        if (root.Find("use_sliding_window")?.AsBoolean() != true)
        {
            return (null, null);
        }

        int? window = Window(root.Require("sliding_window"));
        if (root.Find("layer_types") is not null)
        {
            return (window, null);
        }

        int firstSliding = root.Require("max_window_layers").AsInteger(0, ModelConfigReader.LargestCount);
        bool[] blocks = [.. Enumerable.Range(0, blockCount).Select(block => block >= firstSliding)];
        return blocks.Contains(true) ? (window, blocks) : (null, null);
    }

    private static bool[] ReadLayerTypes(JsonItem types, int blockCount)
    {
        if (types.Items.Count != blockCount)
        {
            throw types.Wrong($"layer_types has {types.Items.Count} entries; num_hidden_layers requires {blockCount}");
        }

        return [.. types.Items.Select(static item => item.AsOneOf(Full, Sliding) == Sliding)];
    }

    private static int? Window(JsonItem item) => item.IsNull ? null : item.AsInteger(1, ModelConfigReader.LargestPosition);

    private static int? NoWindow(JsonItem root) => root.Find("sliding_window") is { } item
        ? throw item.Wrong($"sliding_window is {item}; LlamaForCausalLM has no sliding window, so it must be null or absent")
        : null;
}
