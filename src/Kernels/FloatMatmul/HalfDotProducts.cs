using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>The product with F16 weights for one token, at the speed of memory.</summary>
/// <remarks>
/// <para>Widening a half exactly, infinity and NaN included, takes nine operations, which is longer than memory takes to deliver it. Moving its bits into the places of a
/// binary32 number takes three, and gives 2⁻¹¹² times the half if that is finite. So the token is multiplied by 2¹¹² beforehand: every
/// product, and therefore every sum, has the bits that <see cref="DotProducts{TLanes, TVector, TElement}"/> gives it.</para>
/// <para>What is not finite shows as a large magnitude. Rows that hold such a weight, and a token too large to be multiplied, are left to <see cref="DotProducts{TLanes, TVector, TElement}"/>.</para>
/// </remarks>
internal static class HalfDotProducts<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    private const int TileRows = 4;
    private const float Raise = 5.192296858534828e33f; // 2^112
    private const float SmallestSpecial = 1.262177448353619e-29f; // 2^-96, what infinity becomes; the largest finite half becomes less
    private const float TooLarge = 32768; // 2^15; times 2^112 it is still finite

    public static void Multiply(ReadOnlySpan<float> source, FloatWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        int columns = weights.Columns, vectorized = columns - (columns % TLanes.Count), tiled = 0;
        float[] raised = ArrayPool<float>.Shared.Rent(columns);
        if (TryRaise(source, raised))
        {
            ref float x = ref MemoryMarshal.GetArrayDataReference(raised);
            ref ushort w = ref Unsafe.As<byte, ushort>(ref MemoryMarshal.GetReference(weights.Elements));
            for (; tiled + TileRows <= rowCount; tiled += TileRows)
            {
                nuint row = (nuint)(firstRow + tiled);
                Span<float> products = destination.Slice(firstRow + tiled, TileRows);
                if (!TryFourRows(ref x, ref w, row * (nuint)columns, (nuint)columns, ref MemoryMarshal.GetReference(products)))
                {
                    DotProducts<TLanes, TVector, F16Element>.Multiply(source, 1, weights, firstRow + tiled, TileRows, destination);
                }
                else if (vectorized < columns)
                {
                    DotProducts<TLanes, TVector, F16Element>.AddRemainders(source, 1, weights, firstRow + tiled, TileRows, destination);
                }
            }
        }

        ArrayPool<float>.Shared.Return(raised);
        DotProducts<TLanes, TVector, F16Element>.Multiply(source, 1, weights, firstRow + tiled, rowCount - tiled, destination);
    }

    /// <summary>Multiplies by 2¹¹², unless an entry is too large or not finite.</summary>
    private static bool TryRaise(ReadOnlySpan<float> source, Span<float> raised)
    {
        bool isTaken = true;
        for (int i = 0; i < source.Length; i++)
        {
            isTaken &= MathF.Abs(source[i]) < TooLarge;
            raised[i] = source[i] * Raise;
        }

        return isTaken;
    }

    // The same order of sums as DotProducts.FourRows.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static bool TryFourRows(ref float x, ref ushort w, nuint first, nuint columns, ref float y)
    {
        TVector a0 = default, a1 = default, a2 = default, a3 = default, largest = default;
        nuint second = first + columns, third = second + columns, fourth = third + columns;
        for (nuint c = 0; c + (nuint)TLanes.Count <= columns; c += (nuint)TLanes.Count)
        {
            Prefetch.Later(ref Unsafe.As<ushort, byte>(ref Unsafe.Add(ref w, first + (TileRows * (columns + c)))));
            TVector token = TLanes.Load(ref x, c);
            TVector weight0 = TLanes.LoadLoweredF16(ref w, first + c), weight1 = TLanes.LoadLoweredF16(ref w, second + c);
            TVector weight2 = TLanes.LoadLoweredF16(ref w, third + c), weight3 = TLanes.LoadLoweredF16(ref w, fourth + c);
            largest = TLanes.LargerMagnitude(TLanes.LargerMagnitude(largest, weight0), weight1);
            largest = TLanes.LargerMagnitude(TLanes.LargerMagnitude(largest, weight2), weight3);
            a0 = TLanes.MultiplyAdd(weight0, token, a0);
            a1 = TLanes.MultiplyAdd(weight1, token, a1);
            a2 = TLanes.MultiplyAdd(weight2, token, a2);
            a3 = TLanes.MultiplyAdd(weight3, token, a3);
        }

        y = TLanes.Sum(a0);
        Unsafe.Add(ref y, 1) = TLanes.Sum(a1);
        Unsafe.Add(ref y, 2) = TLanes.Sum(a2);
        Unsafe.Add(ref y, 3) = TLanes.Sum(a3);
        return !TLanes.IsAnyFrom(largest, SmallestSpecial);
    }
}
