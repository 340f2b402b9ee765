using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Blocks;
using Part = OutlierQuant.Models.Devices.DeviceScratch.Part;

namespace OutlierQuant.Models.Devices;

/// <summary>The steps of <see cref="SelfAttention"/> on a device.</summary>
internal static class DeviceAttentionBlock
{
    /// <summary>Computes what attention adds to the residual stream.</summary>
    /// <param name="attention">The attention.</param>
    /// <param name="block">0-based block.</param>
    /// <param name="normed">The normalized residual stream. Shape [tokens, hiddenSize].</param>
    /// <param name="added">Receives the result. Shape [tokens, hiddenSize].</param>
    /// <param name="stream">Tokens, weights, buffers.</param>
    public static void Forward(SelfAttention attention, int block, DeviceBuffer normed, DeviceBuffer added, DeviceStream stream)
    {
        AttentionShape shape = attention.Shape;
        DeviceBuffer queries = stream.Take(Part.HeadQueries, shape.QuerySize), attended = stream.Take(Part.Attended, shape.QuerySize);
        DeviceKeyValueCache cache = stream.Engine.CacheOf(block);
        cache.Extend(stream.Tokens);
        int firstRow = cache.Count - stream.Tokens;
        Part[] parts = [Part.Query, Part.Key, Part.Value];
        DeviceBuffer[] projections = [.. attention.QueryKeyValue.Select((linear, i) => stream.Take(parts[i], linear.OutFeatures))];
        stream.Multiply(attention.QueryKeyValue, normed, projections);
        stream.Measure(ForwardPart.Rotary, () => SplitHeads(attention, projections, queries, cache, stream));
        DeviceAttention sizes = new(shape.Heads, shape.KeyValueHeads, shape.HeadSize, shape.SlidingWindow, stream.Tokens, firstRow, cache.Capacity);
        stream.Show(new(ObservationKind.AttentionQueries, block), queries, stream.Tokens * shape.Heads, shape.HeadSize);
        stream.Measure(ForwardPart.Attention, () => stream.Engine.Device.Device.Parts.Attend(sizes, queries, cache.Keys, cache.Values, attended));
        ShowProbabilities(shape, block, queries, cache, stream);
        stream.Multiply([attention.Output], attended, [added]);
    }

    /// <summary>Brings queries into the order of key and value heads, and keys and values into the cache, normalized and rotated.</summary>
    private static void SplitHeads(SelfAttention attention, DeviceBuffer[] projections, DeviceBuffer queries, DeviceKeyValueCache cache, DeviceStream stream)
    {
        AttentionShape shape = attention.Shape;
        ModelDevice device = stream.Engine.Device;
        DeviceBuffer? rotations = attention.Rotary is null ? null : stream.Engine.RotationsOf(attention.Rotary, stream.Chunk);
        bool isOne = projections.Length == 1;
        int stride = shape.QuerySize + (2 * shape.KeyValueSize);
        DeviceHeads queryHeads = new()
        {
            Tokens = stream.Tokens,
            Heads = shape.Heads,
            HeadSize = shape.HeadSize,
            SourceStride = isOne ? stride : shape.QuerySize,
            SourceOffset = 0,
            Group = shape.Group,
            OuterStride = stream.Tokens * shape.Group,
            FirstRow = 0,
        };
        DeviceHeads keyHeads = queryHeads with
        {
            Heads = shape.KeyValueHeads,
            SourceStride = isOne ? stride : shape.KeyValueSize,
            SourceOffset = isOne ? shape.QuerySize : 0,
            Group = 1,
            OuterStride = cache.Capacity,
            FirstRow = cache.Count - stream.Tokens,
        };
        DeviceHeads valueHeads = keyHeads with { SourceOffset = isOne ? shape.QuerySize + shape.KeyValueSize : 0 };
        IDeviceParts parts = device.Device.Parts;
        parts.PlaceHeads(queryHeads, projections[0], attention.QueryNorm is null ? null : device.NormOf(attention.QueryNorm), rotations, queries);
        parts.PlaceHeads(keyHeads, projections[isOne ? 0 : 1], attention.KeyNorm is null ? null : device.NormOf(attention.KeyNorm), rotations, cache.Keys);
        parts.PlaceHeads(valueHeads, projections[isOne ? 0 : 2], null, null, cache.Values);
    }

    /// <summary>Shows probabilities, scores and values if the observer wants them. The host computes the first two: attention itself never holds them.</summary>
    private static void ShowProbabilities(AttentionShape shape, int block, DeviceBuffer queries, DeviceKeyValueCache cache, DeviceStream stream)
    {
        if (!AttentionProbabilities.Kinds.Any(kind => stream.IsWanted(new(kind, block))))
        {
            return;
        }

        float[] host = new float[stream.Tokens * shape.QuerySize];
        stream.Engine.Device.Device.Download(queries, 0, MemoryMarshal.AsBytes(host.AsSpan()));
        KeyValueCache onHost = new(shape.KeyValueHeads, shape.HeadSize);
        cache.Download(onHost);
        AttentionProbabilities.Show(shape, host, stream.CallWith(onHost), block);
    }
}
