using System.Numerics.Tensors;

namespace OutlierQuant.Calibration.Statistics;

/// <summary>The exact median magnitude of a span, in two passes over it, without copying or sorting it.</summary>
/// <remarks>
/// Bits of a non-negative IEEE float, read as an integer, order like the float. The first pass counts the upper 16 bits of every
/// magnitude, which names the bucket that holds a rank; the second counts the lower 16 bits inside that bucket, which names the value.
/// Few values are sorted instead, which is faster than clearing the counters. One object serves one thread: it owns the counters
/// (256 KiB).
/// </remarks>
public sealed class AbsoluteMedian
{
    /// <summary>Up to this many values are sorted.</summary>
    internal const int LargestSorted = 4096;

    private const int Buckets = 1 << 16;
    private readonly int[] _counts = new int[Buckets];

    /// <summary>Computes the median of <c>|values|</c>: the middle one, the lower of the two when their number is even.</summary>
    /// <remarks>The lower one because the code published with arXiv:2402.17762 takes it (<c>torch.median</c>).</remarks>
    /// <param name="values">Finite values, at least one. Any shape.</param>
    /// <exception cref="ArgumentException">There is no value.</exception>
    public float Of(ReadOnlySpan<float> values)
    {
        if (values.IsEmpty)
        {
            throw new ArgumentException("The median of no values is not defined; at least one is needed.", nameof(values));
        }

        int middle = (values.Length - 1) / 2;
        if (values.Length > LargestSorted)
        {
            return OfRank(values, middle);
        }

        Span<float> sorted = stackalloc float[LargestSorted];
        sorted = sorted[..values.Length];
        TensorPrimitives.Abs(values, sorted);
        sorted.Sort();
        return sorted[middle];
    }

    /// <summary>Finds the magnitude at a 0-based rank in rising order.</summary>
    private float OfRank(ReadOnlySpan<float> values, int rank)
    {
        Array.Clear(_counts);
        foreach (float value in values)
        {
            _counts[MagnitudeBits(value) >> 16]++;
        }

        uint bucket = Locate(ref rank);
        Array.Clear(_counts);
        foreach (float value in values)
        {
            uint bits = MagnitudeBits(value);
            if (bits >> 16 == bucket)
            {
                _counts[bits & 0xFFFF]++;
            }
        }

        return BitConverter.UInt32BitsToSingle((bucket << 16) | Locate(ref rank));
    }

    /// <summary>Finds the bucket that holds a rank, and makes the rank relative to that bucket.</summary>
    private uint Locate(ref int rank)
    {
        uint bucket = 0;
        while (rank >= _counts[bucket])
        {
            rank -= _counts[bucket++];
        }

        return bucket;
    }

    private static uint MagnitudeBits(float value) => BitConverter.SingleToUInt32Bits(value) & 0x7FFF_FFFF;
}
