using System.Runtime.InteropServices;
using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Calibration.Statistics;

/// <summary>Counts magnitudes by the first 15 bits after the sign of their binary32 form, for quantiles to 1 part in 256. Takes 256 KiB whatever the number of values.</summary>
public sealed class MagnitudeHistogram
{
    private const int Buckets = 1 << 15;
    private readonly long[] _counts = new long[Buckets];
    private long _total;
    private uint _largest;

    /// <summary>Takes values.</summary>
    /// <param name="values">Finite values. Any shape.</param>
    public void Add(ReadOnlySpan<float> values)
    {
        // Bits of non-negative floats compare like the floats.
        uint largest = _largest;
        foreach (uint value in MemoryMarshal.Cast<float, uint>(values))
        {
            uint bits = value & 0x7FFF_FFFF;
            _counts[bits >> 16]++;
            largest = Math.Max(largest, bits);
        }

        _largest = largest;
        _total += values.Length;
    }

    /// <summary>Computes the quantiles of all values taken; all are 0 before the first.</summary>
    public MagnitudeQuantiles ToQuantiles() => new(Quantile(50, 100), Quantile(99, 100), Quantile(999, 1000), BitConverter.UInt32BitsToSingle(_largest));

    /// <summary>Finds the magnitude of rank <c>max(1, ceil(numerator · n / denominator))</c>; in integers, because 0.999 is no binary number.</summary>
    private float Quantile(long numerator, long denominator)
    {
        long rank = Math.Max(1, (long)(((numerator * (Int128)_total) + denominator - 1) / denominator));
        uint bucket = 0;
        for (long counted = _counts[0]; counted < rank && bucket < Buckets - 1; counted += _counts[bucket])
        {
            bucket++;
        }

        // The first bucket holds zeros, and what is too small to tell from them.
        uint middle = bucket == 0 ? 0 : (bucket << 16) | 0x8000;
        return BitConverter.UInt32BitsToSingle(Math.Min(middle, _largest));
    }
}
