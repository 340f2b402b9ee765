using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.Rounding;

/// <summary>Rounds neighbouring values that share one scale: at the widest accelerated vector width, then each narrower one, then scalar.</summary>
internal static class SymmetricRow
{
    /// <summary>Rounds every value.</summary>
    /// <param name="values">Values. Shape <c>[n]</c>.</param>
    /// <param name="scale">Step between neighbouring codes.</param>
    /// <param name="qMax">Largest code magnitude, 1 to 127.</param>
    /// <param name="codes">Receives the codes. Shape <c>[n]</c>.</param>
    public static void Round(ReadOnlySpan<float> values, float scale, int qMax, Span<sbyte> codes)
    {
        ref float v = ref MemoryMarshal.GetReference(values);
        ref sbyte q = ref MemoryMarshal.GetReference(codes);
        nuint i = 0, length = (nuint)values.Length;

        // Int lanes narrow to bytes in order; the clamp has already put every lane in [-127, 127], so narrowing loses nothing;
        // it is the saturating kind because that is one instruction.
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i + 16 <= length; i += 16)
            {
                Vector512<int> code = SymmetricCode.Round(Vector512.LoadUnsafe(ref v, i), Vector512.Create(scale), Vector512.Create((float)qMax));
                Vector256<short> half = Vector256.NarrowWithSaturation(code.GetLower(), code.GetUpper());
                Vector128.NarrowWithSaturation(half.GetLower(), half.GetUpper()).StoreUnsafe(ref q, i);
            }
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 8 <= length; i += 8)
            {
                Vector256<int> code = SymmetricCode.Round(Vector256.LoadUnsafe(ref v, i), Vector256.Create(scale), Vector256.Create((float)qMax));
                Vector128<short> half = Vector128.NarrowWithSaturation(code.GetLower(), code.GetUpper());
                StoreEight(half, ref q, i);
            }
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 8 <= length; i += 8)
            {
                Vector128<int> lower = SymmetricCode.Round(Vector128.LoadUnsafe(ref v, i), Vector128.Create(scale), Vector128.Create((float)qMax));
                Vector128<int> upper = SymmetricCode.Round(Vector128.LoadUnsafe(ref v, i + 4), Vector128.Create(scale), Vector128.Create((float)qMax));
                Vector128<short> half = Vector128.NarrowWithSaturation(lower, upper);
                StoreEight(half, ref q, i);
            }
        }

        for (; i < length; i++)
        {
            codes[(int)i] = SymmetricCode.Round(values[(int)i], scale, qMax);
        }
    }

    // The narrowed vector holds the eight codes twice; the lower half is stored.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreEight(Vector128<short> codes, ref sbyte destination, nuint index)
    {
        ulong bytes = Vector128.NarrowWithSaturation(codes, codes).AsUInt64().ToScalar();
        Unsafe.WriteUnaligned(ref Unsafe.As<sbyte, byte>(ref Unsafe.Add(ref destination, index)), bytes);
    }
}
