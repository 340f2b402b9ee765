using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Models.Devices;

/// <summary>The buffers on a device that the computation of one block needs, kept from block to block and from window to window.</summary>
/// <param name="device">The device.</param>
internal sealed class DeviceScratch(ModelDevice device) : IDisposable
{
    private readonly Dictionary<Part, DeviceBuffer> _buffers = [];
    private readonly Dictionary<(int Index, int Columns, int PreservedCount), DeviceActivationCodes> _codes = [];

    /// <summary>What a buffer holds. Parts that live at the same time have their own.</summary>
    public enum Part
    {
        /// <summary>The normalized residual stream. Shape [tokens, hiddenSize].</summary>
        Normed,

        /// <summary>Queries, or queries, keys and values in one row. Shape [tokens, features].</summary>
        Query,

        /// <summary>Keys. Shape [tokens, keyValueHeads · headSize].</summary>
        Key,

        /// <summary>Values. Shape [tokens, keyValueHeads · headSize].</summary>
        Value,

        /// <summary>Rotated queries. Shape [keyValueHeads, tokens, heads / keyValueHeads, headSize].</summary>
        HeadQueries,

        /// <summary>Attended values. Shape [tokens, heads · headSize].</summary>
        Attended,

        /// <summary>The MLP's gate. Shape [tokens, intermediateSize].</summary>
        Gate,

        /// <summary>The MLP's inner values. Shape [tokens, intermediateSize].</summary>
        Up,

        /// <summary>What attention or the MLP adds to the residual stream. Shape [tokens, hiddenSize].</summary>
        Added,

        /// <summary>Largest magnitudes of the channels that are rounded. Shape [tokens].</summary>
        Largest,

        /// <summary>Largest magnitudes of the channels that count for a scale. Shape [tokens].</summary>
        Counted,

        /// <summary>Rows of the embedding's tables, 32-bit integers. Shape [tokens].</summary>
        Rows,

        /// <summary>Cosines and sines. Shape [tokens, headSize].</summary>
        Rotations,

        /// <summary>Rows of the residual stream that logits are computed from. Shape [tokens, hiddenSize].</summary>
        Final,

        /// <summary>Logits. Shape [tokens, vocabulary].</summary>
        Logits,
    }

    /// <summary>Gets the device.</summary>
    public ModelDevice Device => device;

    /// <summary>Gives a buffer of floats that is at least as long as asked; what it holds is undefined.</summary>
    public DeviceBuffer Take(Part part, int tokens, int features)
    {
        long bytes = sizeof(float) * (long)tokens * features;
        if (_buffers.TryGetValue(part, out DeviceBuffer? buffer))
        {
            if (buffer.ByteLength >= bytes)
            {
                return buffer;
            }

            _buffers.Remove(part);
            buffer.Dispose();
        }

        return _buffers[part] = device.Allocate(bytes, $"activations of {tokens} tokens ({part})");
    }

    /// <summary>Gives room for activation codes. Codes of one input that live at the same time have their own index.</summary>
    public DeviceActivationCodes TakeCodes(int index, int tokens, int columns, int preservedCount)
    {
        (int, int, int) key = (index, columns, preservedCount);
        if (_codes.TryGetValue(key, out DeviceActivationCodes? codes))
        {
            if (codes.Tokens >= tokens)
            {
                return codes;
            }

            _codes.Remove(key);
            codes.Dispose();
        }

        return _codes[key] = device.ReserveCodes(tokens, columns, preservedCount);
    }

    /// <summary>Gives all memory back.</summary>
    public void Dispose()
    {
        foreach (DeviceBuffer buffer in _buffers.Values)
        {
            buffer.Dispose();
        }

        foreach (DeviceActivationCodes codes in _codes.Values)
        {
            codes.Dispose();
        }
    }
}
