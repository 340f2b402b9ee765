using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary><c>tdpbf16ps</c> on full tiles in software, bit for bit: C += A · B for 16 rows of 32 columns and 16 tokens.</summary>
/// <remarks>
/// <para>Intel, "64 and IA-32 Architectures Software Developer's Manual", volume 2, TDPBF16PS: per element two chains of 16 fused multiply-adds from 0, one over the even
/// columns and one over the odd; their sum is added to C. Round to nearest even, whatever the control register says; subnormal inputs count as 0 and
/// subnormal results become 0.</para>
/// <para>NaN payloads are not those of the hardware. A result is subnormal here when it is so after rounding to a subnormal: only results that round up to 2⁻¹²⁶ itself
/// could differ.</para>
/// </remarks>
internal static unsafe class TileProductTwin
{
    private const int TileRows = 16;
    private const int RowBytes = 64;

    /// <summary>Adds the product of two tiles to a third.</summary>
    /// <param name="a">Weights, bf16. Shape <c>[16 rows, 32 columns]</c>.</param>
    /// <param name="b">Activations, bf16, column pairs side by side. Shape <c>[16 column pairs, 16 tokens, 2]</c>.</param>
    /// <param name="c">Sums, binary32. Shape <c>[16 rows, 16 tokens]</c>.</param>
    public static void MultiplyAdd(byte* a, byte* b, float* c)
    {
        for (int row = 0; row < TileRows; row++)
        {
            Vector512<float> even = default, odd = default;
            for (int pair = 0; pair < TileRows; pair++)
            {
                Vector512<uint> weights = Vector512.Create(*(uint*)(a + (row * RowBytes) + (pair * sizeof(uint))));
                Vector512<uint> tokens = Vector512.Load((uint*)(b + (pair * RowBytes)));
                even = MultiplyAdd(Vector512.ShiftLeft(weights, 16), Vector512.ShiftLeft(tokens, 16), even);
                odd = MultiplyAdd(weights & Vector512.Create(0xFFFF0000), tokens & Vector512.Create(0xFFFF0000), odd);
            }

            float* sums = c + (row * TileRows);
            Flush(Flush(Vector512.Load(sums)) + Flush(even + odd)).Store(sums);
        }
    }

    private static Vector512<float> MultiplyAdd(Vector512<uint> left, Vector512<uint> right, Vector512<float> sum) =>
        Flush(Vector512.FusedMultiplyAdd(Flush(left.AsSingle()), Flush(right.AsSingle()), sum));

    /// <summary>Replaces subnormals by 0 of the same sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Flush(Vector512<float> values)
    {
        Vector512<uint> exponent = values.AsUInt32() & Vector512.Create(0x7F800000u);
        Vector512<uint> isSmall = Vector512.Equals(exponent, Vector512<uint>.Zero);
        return Vector512.ConditionalSelect(isSmall.AsSingle(), (values.AsUInt32() & Vector512.Create(0x80000000u)).AsSingle(), values);
    }
}
