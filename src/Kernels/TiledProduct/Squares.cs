using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OutlierQuant.Kernels.TiledProduct;

/// <summary>Turns squares of 8 × 8 values of 32 bits: rows become columns.</summary>
internal static unsafe class Squares
{
    /// <summary>Values of a row.</summary>
    public const int Size = 8;

    /// <summary>Turns a square of any 32-bit values, bit for bit.</summary>
    /// <param name="source">First row.</param>
    /// <param name="sourceStride">Values from one row to the next.</param>
    /// <param name="destination">Receives the first column of the source as its first row.</param>
    /// <param name="destinationStride">Values from one row to the next.</param>
    public static void Turn(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        if (Avx.IsSupported)
        {
            Turn<Unchanged>(source, sourceStride, default, destination, destinationStride);
            return;
        }

        // As integers, because codes may look like NaN, which not every processor copies unchanged.
        for (int r = 0; r < Size; r++)
        {
            for (int c = 0; c < Size; c++)
            {
                ((int*)destination)[(c * destinationStride) + r] = ((int*)source)[(r * sourceStride) + c];
            }
        }
    }

    /// <summary>Turns a square of floats, each column multiplied by a factor.</summary>
    /// <param name="source">First row.</param>
    /// <param name="sourceStride">Values from one row to the next.</param>
    /// <param name="factors">Factor of each column of the source. Shape <c>[8]</c>.</param>
    /// <param name="destination">Receives the first column of the source as its first row.</param>
    /// <param name="destinationStride">Values from one row to the next.</param>
    public static void TurnScaled(float* source, nint sourceStride, float* factors, float* destination, nint destinationStride)
    {
        if (Avx.IsSupported)
        {
            Turn<Scaled>(source, sourceStride, Vector256.Load(factors), destination, destinationStride);
            return;
        }

        for (int r = 0; r < Size; r++)
        {
            for (int c = 0; c < Size; c++)
            {
                destination[(c * destinationStride) + r] = source[(r * sourceStride) + c] * factors[c];
            }
        }
    }

    /// <summary>Three rounds: pairs of values, pairs of pairs, then halves of vectors. A name gives the row and columns that a vector's low half holds.</summary>
    private static void Turn<TChange>(float* source, nint stride, Vector256<float> factors, float* destination, nint destinationStride)
        where TChange : IChange
    {
        Vector256<float> row0 = TChange.Of(Vector256.Load(source), factors), row1 = TChange.Of(Vector256.Load(source + stride), factors);
        Vector256<float> row2 = TChange.Of(Vector256.Load(source + (2 * stride)), factors), row3 = TChange.Of(Vector256.Load(source + (3 * stride)), factors);
        Vector256<float> row4 = TChange.Of(Vector256.Load(source + (4 * stride)), factors), row5 = TChange.Of(Vector256.Load(source + (5 * stride)), factors);
        Vector256<float> row6 = TChange.Of(Vector256.Load(source + (6 * stride)), factors), row7 = TChange.Of(Vector256.Load(source + (7 * stride)), factors);
        Vector256<float> low01 = Avx.UnpackLow(row0, row1), high01 = Avx.UnpackHigh(row0, row1), low23 = Avx.UnpackLow(row2, row3), high23 = Avx.UnpackHigh(row2, row3);
        Vector256<float> low45 = Avx.UnpackLow(row4, row5), high45 = Avx.UnpackHigh(row4, row5), low67 = Avx.UnpackLow(row6, row7), high67 = Avx.UnpackHigh(row6, row7);
        Vector256<float> upper0 = Avx.Shuffle(low01, low23, 0x44), upper1 = Avx.Shuffle(low01, low23, 0xEE), upper2 = Avx.Shuffle(high01, high23, 0x44), upper3 = Avx.Shuffle(high01, high23, 0xEE);
        Vector256<float> lower0 = Avx.Shuffle(low45, low67, 0x44), lower1 = Avx.Shuffle(low45, low67, 0xEE), lower2 = Avx.Shuffle(high45, high67, 0x44), lower3 = Avx.Shuffle(high45, high67, 0xEE);
        Avx.Permute2x128(upper0, lower0, 0x20).Store(destination);
        Avx.Permute2x128(upper1, lower1, 0x20).Store(destination + destinationStride);
        Avx.Permute2x128(upper2, lower2, 0x20).Store(destination + (2 * destinationStride));
        Avx.Permute2x128(upper3, lower3, 0x20).Store(destination + (3 * destinationStride));
        Avx.Permute2x128(upper0, lower0, 0x31).Store(destination + (4 * destinationStride));
        Avx.Permute2x128(upper1, lower1, 0x31).Store(destination + (5 * destinationStride));
        Avx.Permute2x128(upper2, lower2, 0x31).Store(destination + (6 * destinationStride));
        Avx.Permute2x128(upper3, lower3, 0x31).Store(destination + (7 * destinationStride));
    }

    private interface IChange
    {
        static abstract Vector256<float> Of(Vector256<float> values, Vector256<float> factors);
    }

    private readonly struct Unchanged : IChange
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Of(Vector256<float> values, Vector256<float> factors) => values;
    }

    private readonly struct Scaled : IChange
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Of(Vector256<float> values, Vector256<float> factors) => values * factors;
    }
}
