using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OutlierQuant.Kernels.TiledProduct;

/// <summary>Exchanges rows and columns of 16 × 16 elements of 32 bits: what lies between a tile and an ordinary matrix.</summary>
internal static class SquareTranspose
{
    /// <summary>Rows and columns of a square.</summary>
    public const int Size = 16;

    /// <summary>Computes <c>destination[i, j] = source[j, i]</c>. The squares must not overlap.</summary>
    /// <param name="source">First element.</param>
    /// <param name="sourceStride">Elements from one row of the source to the next.</param>
    /// <param name="destination">First element.</param>
    /// <param name="destinationStride">Elements from one row of the destination to the next.</param>
    public static void Transpose(ref float source, nuint sourceStride, ref float destination, nuint destinationStride)
    {
        for (nuint row = 0; row < Size; row += 4)
        {
            for (nuint column = 0; column < Size; column += 4)
            {
                TransposeFour(ref Unsafe.Add(ref source, (row * sourceStride) + column), sourceStride, ref Unsafe.Add(ref destination, (column * destinationStride) + row), destinationStride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeFour(ref float source, nuint sourceStride, ref float destination, nuint destinationStride)
    {
        Vector128<float> row0 = Vector128.LoadUnsafe(ref source), row1 = Vector128.LoadUnsafe(ref source, sourceStride);
        Vector128<float> row2 = Vector128.LoadUnsafe(ref source, 2 * sourceStride), row3 = Vector128.LoadUnsafe(ref source, 3 * sourceStride);
        if (Sse.IsSupported)
        {
            Vector128<float> low01 = Sse.UnpackLow(row0, row1), low23 = Sse.UnpackLow(row2, row3);
            Vector128<float> high01 = Sse.UnpackHigh(row0, row1), high23 = Sse.UnpackHigh(row2, row3);
            Sse.MoveLowToHigh(low01, low23).StoreUnsafe(ref destination);
            Sse.MoveHighToLow(low23, low01).StoreUnsafe(ref destination, destinationStride);
            Sse.MoveLowToHigh(high01, high23).StoreUnsafe(ref destination, 2 * destinationStride);
            Sse.MoveHighToLow(high23, high01).StoreUnsafe(ref destination, 3 * destinationStride);
            return;
        }

        for (int i = 0; i < 4; i++)
        {
            Vector128.Create(row0[i], row1[i], row2[i], row3[i]).StoreUnsafe(ref destination, (nuint)i * destinationStride);
        }
    }
}
