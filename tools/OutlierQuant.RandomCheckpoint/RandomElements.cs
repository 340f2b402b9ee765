using System.Runtime.InteropServices;
using OutlierQuant.Checkpoints;

namespace OutlierQuant.RandomCheckpoint;

/// <summary>Writes random elements to a stream, a piece at a time. The same seed gives the same bytes on every machine.</summary>
/// <remarks>
/// <para>An element is <c>mean + deviation · z</c>, where z is the sum of four uniform 16-bit numbers, centred and scaled to variance 1: close to
/// normal, without tails beyond 3.5, and quick enough for billions of weights.</para>
/// <para>The bits come from SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.</para>
/// </remarks>
/// <param name="type">F32, F16 or BF16; F16 and BF16 round half to even.</param>
/// <param name="seed">Start of the random numbers.</param>
internal sealed class RandomElements(TensorType type, ulong seed)
{
    private const int Piece = 1 << 16;

    // A uniform number of 0…65535 has the variance (2^32 − 1) / 12; four of them have the mean 2 · 65535.
    private const double Center = 2.0 * 65535;
    private static readonly double _unit = Math.Sqrt(12.0 / (4 * ((double)uint.MaxValue)));

    private ulong _state = seed;

    /// <summary>Writes elements.</summary>
    /// <param name="stream">Receives them, little-endian.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="mean">Their mean.</param>
    /// <param name="deviation">Their standard deviation.</param>
    public void Write(Stream stream, long count, double mean, double deviation)
    {
        float[] values = new float[(int)Math.Min(Piece, count)];
        ushort[] halves = new ushort[values.Length];
        for (long first = 0; first < count; first += values.Length)
        {
            Span<float> piece = values.AsSpan(0, (int)Math.Min(values.Length, count - first));
            foreach (ref float value in piece)
            {
                value = (float)(mean + (deviation * _unit * (SumOfParts(NextBits()) - Center)));
            }

            stream.Write(type == TensorType.F32 ? MemoryMarshal.AsBytes(piece) : MemoryMarshal.AsBytes(Narrow(piece, halves)));
        }
    }

    private ReadOnlySpan<ushort> Narrow(ReadOnlySpan<float> values, ushort[] halves)
    {
        for (int i = 0; i < values.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(values[i]);
            halves[i] = type == TensorType.F16
                ? BitConverter.HalfToUInt16Bits((Half)values[i])
                : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }

        return halves.AsSpan(0, values.Length);
    }

    private static double SumOfParts(ulong bits) => (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48);

    private ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong bits = _state;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
