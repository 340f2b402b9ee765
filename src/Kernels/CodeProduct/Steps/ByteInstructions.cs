using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>The x86 instructions that multiply bytes, each with a software twin of the same bits.</summary>
/// <remarks>The twin runs where the processor lacks the instruction, so that the tests of every traversal run everywhere; production never
/// chooses a step without its instructions.</remarks>
internal static class ByteInstructions
{
    /// <summary><c>vpmaddubsw</c>: 16-bit sums of two neighbouring products, saturated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> MultiplyAddPairs(Vector256<byte> unsigned, Vector256<sbyte> signed) =>
        Avx2.IsSupported ? Avx2.MultiplyAddAdjacent(unsigned, signed) : MultiplyAddPairsInSoftware(unsigned, signed);

    /// <inheritdoc cref="MultiplyAddPairs(Vector256{byte}, Vector256{sbyte})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> MultiplyAddPairs(Vector512<byte> unsigned, Vector512<sbyte> signed) =>
        Avx512BW.IsSupported
            ? Avx512BW.MultiplyAddAdjacent(unsigned, signed)
            : Vector512.Create(MultiplyAddPairs(unsigned.GetLower(), signed.GetLower()), MultiplyAddPairs(unsigned.GetUpper(), signed.GetUpper()));

    /// <summary><c>vpmaddwd</c> by ones: 32-bit sums of two neighbours.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddPairs(Vector256<short> values) => AddPairs(values, Vector256<short>.One);

    /// <summary><c>vpmaddwd</c>: 32-bit sums of two neighbours, times their weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddPairs(Vector256<short> values, Vector256<short> weights) =>
        Avx2.IsSupported ? Avx2.MultiplyAddAdjacent(values, weights) : AddPairsInSoftware(values, weights);

    /// <inheritdoc cref="AddPairs(Vector256{short})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> AddPairs(Vector512<short> values) =>
        Avx512BW.IsSupported
            ? Avx512BW.MultiplyAddAdjacent(values, Vector512<short>.One)
            : Vector512.Create(AddPairs(values.GetLower()), AddPairs(values.GetUpper()));

    /// <summary><c>vpdpbusd</c>: adds four neighbouring products to a 32-bit sum, without saturation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAddQuads(Vector256<int> sums, Vector256<byte> unsigned, Vector256<sbyte> signed) =>
        AvxVnni.IsSupported ? AvxVnni.MultiplyWideningAndAdd(sums, unsigned, signed) : MultiplyAddQuadsInSoftware(sums, unsigned, signed);

    /// <summary><c>vpsignb</c>: each value, its negative, or 0, by the sign of the other operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> ApplySign(Vector256<sbyte> values, Vector256<sbyte> signs) =>
        Avx2.IsSupported ? Avx2.Sign(values, signs) : Vector256.Create(ApplySign(values.GetLower(), signs.GetLower()), ApplySign(values.GetUpper(), signs.GetUpper()));

    /// <summary>AVX-512 has no <c>vpsignb</c>. Where the sign is 0 the value is kept: the magnitude it is multiplied by is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<sbyte> ApplySign(Vector512<sbyte> values, Vector512<sbyte> signs) =>
        Vector512.ConditionalSelect(Vector512.LessThan(signs, Vector512<sbyte>.Zero), -values, values);

    internal static Vector256<short> MultiplyAddPairsInSoftware(Vector256<byte> unsigned, Vector256<sbyte> signed)
    {
        Vector256<short> sums = default;
        for (int i = 0; i < 16; i++)
        {
            int sum = (unsigned[2 * i] * signed[2 * i]) + (unsigned[(2 * i) + 1] * signed[(2 * i) + 1]);
            sums = sums.WithElement(i, (short)Math.Clamp(sum, short.MinValue, short.MaxValue));
        }

        return sums;
    }

    internal static Vector256<int> AddPairsInSoftware(Vector256<short> values, Vector256<short> weights)
    {
        Vector256<int> sums = default;
        for (int i = 0; i < 8; i++)
        {
            sums = sums.WithElement(i, (values[2 * i] * weights[2 * i]) + (values[(2 * i) + 1] * weights[(2 * i) + 1]));
        }

        return sums;
    }

    internal static Vector256<int> MultiplyAddQuadsInSoftware(Vector256<int> sums, Vector256<byte> unsigned, Vector256<sbyte> signed)
    {
        if (Avx2.IsSupported)
        {
            // Bytes 0 and 2 of each four, then 1 and 3, as 16-bit lanes: their products are added in pairs without saturation.
            Vector256<short> even = (unsigned.AsUInt16() & Vector256.Create((ushort)0xFF)).AsInt16(), odd = (unsigned.AsUInt16() >>> 8).AsInt16();
            return sums + Avx2.MultiplyAddAdjacent(even, signed.AsInt16() << 8 >> 8) + Avx2.MultiplyAddAdjacent(odd, signed.AsInt16() >> 8);
        }

        for (int i = 0; i < 32; i++)
        {
            sums = sums.WithElement(i / 4, sums[i / 4] + (unsigned[i] * signed[i]));
        }

        return sums;
    }

    private static Vector128<sbyte> ApplySign(Vector128<sbyte> values, Vector128<sbyte> signs) =>
        Vector128.ConditionalSelect(Vector128.LessThan(signs, Vector128<sbyte>.Zero), -values, values) & ~Vector128.Equals(signs, Vector128<sbyte>.Zero);
}
