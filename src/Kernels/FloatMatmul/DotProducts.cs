using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>The product for one token: every element is a dot product of a weight row and a token, both read where they lie.</summary>
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

    public static void Multiply(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        nuint columns = (nuint)weights.Columns, rows = (nuint)weights.Rows;
        ref float x = ref MemoryMarshal.GetReference(source);
        ref byte w = ref MemoryMarshal.GetReference(weights.Elements);
        ref float y = ref MemoryMarshal.GetReference(destination);
        nuint row = (nuint)firstRow, end = row + (nuint)rowCount;
        for (; row + TileRows <= end; row += TileRows)
        {
            for (nuint token = 0; token < (nuint)tokens; token++)
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

    // The loop contains no calls: a sum that lived across one would be stored to the stack in every step.
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
