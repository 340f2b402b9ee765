using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>The product for few tokens: every element is a dot product of a weight row and a token, both read where they lie.</summary>
/// <remarks>
/// <para>Lane i of an element's single accumulator holds the products of the columns i, i + Count, i + 2 Count, …; the lanes are then added up, and the columns
/// left over follow one by one. That is the same in tiles of every shape, so an element's bits do not depend on its neighbours.</para>
/// <para>Four rows at a time keep four streams of memory busy and hide the latency of the multiply-add.</para>
/// </remarks>
internal static class DotProducts<TLanes, TVector, TElement>
    where TLanes : ILanes<TVector>
    where TVector : struct
    where TElement : IWeightElement
{
    private const int TileRows = 4;
    private const int TileTokens = 3;

    public static void Multiply(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        nuint columns = (nuint)weights.Columns, rows = (nuint)weights.Rows;
        ref float x = ref MemoryMarshal.GetReference(source);
        ref byte w = ref MemoryMarshal.GetReference(weights.Elements);
        ref float y = ref MemoryMarshal.GetReference(destination);
        nuint row = (nuint)firstRow, end = row + (nuint)rowCount;
        for (; row + TileRows <= end; row += TileRows)
        {
            // The last tile moves back over tokens that are done, and computes the same bits again.
            for (nuint token = 0; tokens >= TileTokens && token < (nuint)tokens; token += TileTokens)
            {
                nuint first = Math.Min(token, (nuint)tokens - TileTokens);
                FourRowsThreeTokens(ref Unsafe.Add(ref x, first * columns), ref w, row * columns, columns, ref Unsafe.Add(ref y, (first * rows) + row), rows);
            }

            for (nuint token = 0; tokens < TileTokens && token < (nuint)tokens; token++)
            {
                FourRows(ref Unsafe.Add(ref x, token * columns), ref w, row * columns, columns, ref Unsafe.Add(ref y, (token * rows) + row));
            }
        }

        for (; row < end; row++)
        {
            for (nuint token = 0; token < (nuint)tokens; token++)
            {
                OneRow(ref Unsafe.Add(ref x, token * columns), ref w, row * columns, columns, ref Unsafe.Add(ref y, (token * rows) + row));
            }
        }

        AddRemainders(source, tokens, weights, firstRow, rowCount, destination);
    }

    // The methods below contain no calls: a sum that lived across one would be stored to the stack in every step of the loop before it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void FourRowsThreeTokens(ref float x, ref byte w, nuint first, nuint columns, ref float y, nuint rows)
    {
        // aRT: sums of row R and token T. Twelve of them, three activations and a weight fill sixteen registers.
        TVector a00 = default, a10 = default, a20 = default, a30 = default;
        TVector a01 = default, a11 = default, a21 = default, a31 = default;
        TVector a02 = default, a12 = default, a22 = default, a32 = default;
        ref float x1 = ref Unsafe.Add(ref x, columns);
        ref float x2 = ref Unsafe.Add(ref x1, columns);
        nuint second = first + columns, third = second + columns, fourth = third + columns;
        for (nuint c = 0; c + (nuint)TLanes.Count <= columns; c += (nuint)TLanes.Count)
        {
            TVector t0 = TLanes.Load(ref x, c), t1 = TLanes.Load(ref x1, c), t2 = TLanes.Load(ref x2, c);
            TVector weight = TElement.Load<TLanes, TVector>(ref w, first + c);
            a00 = TLanes.MultiplyAdd(weight, t0, a00);
            a01 = TLanes.MultiplyAdd(weight, t1, a01);
            a02 = TLanes.MultiplyAdd(weight, t2, a02);
            weight = TElement.Load<TLanes, TVector>(ref w, second + c);
            a10 = TLanes.MultiplyAdd(weight, t0, a10);
            a11 = TLanes.MultiplyAdd(weight, t1, a11);
            a12 = TLanes.MultiplyAdd(weight, t2, a12);
            weight = TElement.Load<TLanes, TVector>(ref w, third + c);
            a20 = TLanes.MultiplyAdd(weight, t0, a20);
            a21 = TLanes.MultiplyAdd(weight, t1, a21);
            a22 = TLanes.MultiplyAdd(weight, t2, a22);
            weight = TElement.Load<TLanes, TVector>(ref w, fourth + c);
            a30 = TLanes.MultiplyAdd(weight, t0, a30);
            a31 = TLanes.MultiplyAdd(weight, t1, a31);
            a32 = TLanes.MultiplyAdd(weight, t2, a32);
        }

        y = TLanes.Sum(a00);
        Unsafe.Add(ref y, 1) = TLanes.Sum(a10);
        Unsafe.Add(ref y, 2) = TLanes.Sum(a20);
        Unsafe.Add(ref y, 3) = TLanes.Sum(a30);
        Unsafe.Add(ref y, rows) = TLanes.Sum(a01);
        Unsafe.Add(ref y, rows + 1) = TLanes.Sum(a11);
        Unsafe.Add(ref y, rows + 2) = TLanes.Sum(a21);
        Unsafe.Add(ref y, rows + 3) = TLanes.Sum(a31);
        Unsafe.Add(ref y, 2 * rows) = TLanes.Sum(a02);
        Unsafe.Add(ref y, (2 * rows) + 1) = TLanes.Sum(a12);
        Unsafe.Add(ref y, (2 * rows) + 2) = TLanes.Sum(a22);
        Unsafe.Add(ref y, (2 * rows) + 3) = TLanes.Sum(a32);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void FourRows(ref float x, ref byte w, nuint first, nuint columns, ref float y)
    {
        TVector a0 = default, a1 = default, a2 = default, a3 = default;
        nuint second = first + columns, third = second + columns, fourth = third + columns;
        for (nuint c = 0; c + (nuint)TLanes.Count <= columns; c += (nuint)TLanes.Count)
        {
            if (TElement.Size < sizeof(float))
            {
                // The next four rows follow these; a line of them at a time takes as long as these take. Memory is fast enough without for rows of binary32.
                Prefetch.Later(ref Unsafe.Add(ref w, (first + (TileRows * (columns + c))) * (nuint)TElement.Size));
            }

            TVector token = TLanes.Load(ref x, c);
            a0 = TLanes.MultiplyAdd(TElement.Load<TLanes, TVector>(ref w, first + c), token, a0);
            a1 = TLanes.MultiplyAdd(TElement.Load<TLanes, TVector>(ref w, second + c), token, a1);
            a2 = TLanes.MultiplyAdd(TElement.Load<TLanes, TVector>(ref w, third + c), token, a2);
            a3 = TLanes.MultiplyAdd(TElement.Load<TLanes, TVector>(ref w, fourth + c), token, a3);
        }

        y = TLanes.Sum(a0);
        Unsafe.Add(ref y, 1) = TLanes.Sum(a1);
        Unsafe.Add(ref y, 2) = TLanes.Sum(a2);
        Unsafe.Add(ref y, 3) = TLanes.Sum(a3);
    }

    private static void OneRow(ref float x, ref byte w, nuint first, nuint columns, ref float y)
    {
        TVector sum = default;
        for (nuint c = 0; c + (nuint)TLanes.Count <= columns; c += (nuint)TLanes.Count)
        {
            sum = TLanes.MultiplyAdd(TElement.Load<TLanes, TVector>(ref w, first + c), TLanes.Load(ref x, c), sum);
        }

        y = TLanes.Sum(sum);
    }

    /// <summary>Adds the products of the columns that fill no vector, one by one.</summary>
    public static void AddRemainders(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        nuint columns = (nuint)weights.Columns, rows = (nuint)weights.Rows;
        nuint vectorized = columns - (columns % (nuint)TLanes.Count);
        ref float x = ref MemoryMarshal.GetReference(source);
        ref byte w = ref MemoryMarshal.GetReference(weights.Elements);
        ref float y = ref MemoryMarshal.GetReference(destination);
        for (nuint token = 0; vectorized < columns && token < (nuint)tokens; token++)
        {
            for (nuint row = (nuint)firstRow; row < (nuint)(firstRow + rowCount); row++)
            {
                ref float sum = ref Unsafe.Add(ref y, (token * rows) + row);
                for (nuint c = vectorized; c < columns; c++)
                {
                    sum = SingleLane.MultiplyAdd(TElement.Load<SingleLane, float>(ref w, (row * columns) + c), SingleLane.Load(ref x, (token * columns) + c), sum);
                }
            }
        }
    }
}
