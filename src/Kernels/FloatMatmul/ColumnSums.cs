using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>The product of one token with transposed weights: a sum of weight columns, each times one activation.</summary>
/// <remarks>A lane holds one output feature and adds its products in the order of the input features, at every width, so an element's bits do not depend on
/// where a vector starts. The sums of a block of rows stay in the first-level cache while the weights stream past.</remarks>
internal static class ColumnSums<TLanes, TVector, TElement>
    where TLanes : ILanes<TVector>
    where TVector : struct
    where TElement : IWeightElement
{
    private const int BlockRows = 2048;
    private const int TileColumns = 4;

    public static void Multiply(ReadOnlySpan<float> token, FloatWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        for (int done = 0; done < rowCount; done += BlockRows)
        {
            int row = firstRow + done;
            Multiply(token, weights, row, destination.Slice(row, Math.Min(BlockRows, rowCount - done)));
        }
    }

    private static void Multiply(ReadOnlySpan<float> token, FloatWeights weights, int firstRow, Span<float> sums)
    {
        sums.Clear();
        nuint rows = (nuint)weights.Rows, length = (nuint)sums.Length;
        ref byte w = ref MemoryMarshal.GetReference(weights.Elements);
        ref float y = ref MemoryMarshal.GetReference(sums);
        int c = 0;
        for (; c + TileColumns <= token.Length; c += TileColumns)
        {
            nuint first = ((nuint)c * rows) + (nuint)firstRow;
            float x0 = token[c], x1 = token[c + 1], x2 = token[c + 2], x3 = token[c + 3];
            TVector v0 = TLanes.Broadcast(x0), v1 = TLanes.Broadcast(x1), v2 = TLanes.Broadcast(x2), v3 = TLanes.Broadcast(x3);
            nuint r = 0;
            for (; r + (nuint)TLanes.Count <= length; r += (nuint)TLanes.Count)
            {
                AddFour<TLanes, TVector>(v0, v1, v2, v3, ref w, first + r, rows, ref y, r);
            }

            for (; r < length; r++)
            {
                AddFour<SingleLane, float>(x0, x1, x2, x3, ref w, first + r, rows, ref y, r);
            }
        }

        for (; c < token.Length; c++)
        {
            nuint first = ((nuint)c * rows) + (nuint)firstRow;
            for (nuint r = 0; r < length; r++)
            {
                float weight = TElement.Load<SingleLane, float>(ref w, first + r);
                Unsafe.Add(ref y, r) = SingleLane.MultiplyAdd(weight, token[c], Unsafe.Add(ref y, r));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddFour<TWidth, T>(T x0, T x1, T x2, T x3, ref byte w, nuint first, nuint rows, ref float y, nuint r)
        where TWidth : ILanes<T>
        where T : struct
    {
        T sum = TWidth.Load(ref y, r);
        sum = TWidth.MultiplyAdd(TElement.Load<TWidth, T>(ref w, first), x0, sum);
        sum = TWidth.MultiplyAdd(TElement.Load<TWidth, T>(ref w, first + rows), x1, sum);
        sum = TWidth.MultiplyAdd(TElement.Load<TWidth, T>(ref w, first + (2 * rows)), x2, sum);
        sum = TWidth.MultiplyAdd(TElement.Load<TWidth, T>(ref w, first + (3 * rows)), x3, sum);
        TWidth.Store(sum, ref y, r);
    }
}
