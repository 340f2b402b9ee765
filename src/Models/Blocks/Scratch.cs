namespace OutlierQuant.Models.Blocks;

/// <summary>The buffers that the computation of one block needs, kept from block to block and from window to window.</summary>
internal sealed class Scratch
{
    private readonly float[][] _buffers = [.. Enumerable.Repeat(Array.Empty<float>(), Enum.GetValues<Part>().Length)];

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

        /// <summary>The gate of each head. Shape [tokens, heads].</summary>
        HeadGates,

        /// <summary>Attended values. Shape [tokens, heads · headSize].</summary>
        Attended,

        /// <summary>The MLP's gate. Shape [tokens, intermediateSize].</summary>
        Gate,

        /// <summary>The MLP's inner values. Shape [tokens, intermediateSize].</summary>
        Up,

        /// <summary>What attention or the MLP adds to the residual stream. Shape [tokens, hiddenSize].</summary>
        Added,
    }

    /// <summary>Gives a buffer of a length; what it holds is undefined.</summary>
    public Memory<float> Take(Part part, int tokens, int features)
    {
        int length = checked(tokens * features);
        ref float[] buffer = ref _buffers[(int)part];
        if (buffer.Length < length)
        {
            buffer = GC.AllocateUninitializedArray<float>(length);
        }

        return buffer.AsMemory(0, length);
    }
}
