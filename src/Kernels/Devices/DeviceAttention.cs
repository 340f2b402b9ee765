using System.Numerics;

namespace OutlierQuant.Kernels.Devices;

/// <summary>Sizes of one computation of attention.</summary>
/// <param name="Heads">Number of query heads.</param>
/// <param name="KeyValueHeads">Number of key and value heads; query head h reads head <c>h / (heads / keyValueHeads)</c>.</param>
/// <param name="HeadSize">Width of a head.</param>
/// <param name="SlidingWindow">Number of positions that a token attends to, itself included; <see cref="int.MaxValue"/> for all.</param>
/// <param name="Tokens">Number of queries.</param>
/// <param name="FirstPosition">Position of the first query; keys and values of all positions up to the last query's are there.</param>
/// <param name="Capacity">Positions from one head's keys to the next head's.</param>
public readonly record struct DeviceAttention(int Heads, int KeyValueHeads, int HeadSize, int SlidingWindow, int Tokens, int FirstPosition, int Capacity)
{
    /// <summary>Keys that are summed together, before the sums of several such segments are; SEGMENT of attention.cl.</summary>
    internal const int Segment = 128;

    /// <summary>Gets the segment that the first key that any query sees is in.</summary>
    internal int FirstSegment => Math.Max(0, FirstPosition - (SlidingWindow - 1)) / Segment;

    /// <summary>Gets the number of segments that any query sees, if there is a query.</summary>
    internal int Segments => ((FirstPosition + Tokens - 1) / Segment) - FirstSegment + 1;

    /// <summary>Computes the bytes of the sums of these segments: for each the values, the largest score and the sum of weights. A power of two, because the next token may need more.</summary>
    /// <param name="rows">Queries of one head.</param>
    internal long PartialBytes(long rows) => (long)BitOperations.RoundUpToPowerOf2((ulong)(rows * Segments * (HeadSize + 2) * sizeof(float)));
}
