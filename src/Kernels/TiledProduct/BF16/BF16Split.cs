using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>Writes binary32 values as sums of bf16 values: 8 significant bits each, with the exponents of binary32.</summary>
/// <remarks>
/// <para><c>value = high + middle + low</c> exactly: what rounding to 8 bits leaves of 24 has at most 15 bits and a sign, and what the second rounding leaves of
/// these has at most 7. Two parts hold binary16 (11 bits) exactly, one part bf16 and every code from −127 to 127.</para>
/// <para>Holds for finite values below 2¹²⁷, where rounding cannot reach infinity.</para>
/// </remarks>
internal static class BF16Split
{
    /// <summary>The parts of a binary32 value.</summary>
    public const int MaxParts = 3;

    private const uint UpperHalf = 0xFFFF0000;

    /// <summary>Rounds to the nearest bf16, half to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Round(Vector512<float> values)
    {
        // Half of the last bf16 bit, less one unless the last bit is set: the carry into the upper half then is the rounding.
        Vector512<uint> bits = values.AsUInt32();
        Vector512<uint> isOdd = Vector512.ShiftRightLogical(bits, 16) & Vector512<uint>.One;
        return ((bits + Vector512.Create(0x7FFFu) + isOdd) & Vector512.Create(UpperHalf)).AsSingle();
    }

    /// <summary>Stores 32 neighbouring values as bf16, one 64-byte row of each part.</summary>
    /// <param name="first">Values 0 to 15.</param>
    /// <param name="second">Values 16 to 31.</param>
    /// <param name="parts">Number of parts, 1 to 3. What they do not hold is dropped.</param>
    /// <param name="destination">First byte of the row of the largest part.</param>
    /// <param name="partStride">Bytes from a part's row to the next part's.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> first, Vector512<float> second, int parts, ref byte destination, nuint partStride)
    {
        for (int part = 0; part < parts; part++)
        {
            Vector512<float> roundedFirst = Round(first), roundedSecond = Round(second);
            StoreExact(roundedFirst, roundedSecond, ref Unsafe.Add(ref destination, (nuint)part * partStride));
            first -= roundedFirst;
            second -= roundedSecond;
        }
    }

    /// <summary>Stores 32 neighbouring values that are bf16 already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreExact(Vector512<float> first, Vector512<float> second, ref byte destination) =>
        Vector512.Narrow(Vector512.ShiftRightLogical(first.AsUInt32(), 16), Vector512.ShiftRightLogical(second.AsUInt32(), 16)).AsByte().StoreUnsafe(ref destination);
}
