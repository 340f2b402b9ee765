using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>The product of few tokens with transposed weights: a sum of weight columns, each times one activation.</summary>
/// <remarks>A lane holds one output feature and adds its products in the order of the input features, at every width, so an element's bits do not depend on
/// where a vector starts. Four weight columns of a block of rows are read from memory once and serve every token from the first-level cache, where the
/// sums stay as well.</remarks>
internal static class ColumnSums<TLanes, TVector, TElement>
    where TLanes : ILanes<TVector>
    where TVector : struct
    where TElement : IWeightElement
{
    private const int BlockRows = 1024;
    private const int TileColumns = 4;

    public static void Multiply(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        for (int done = 0; done < rowCount; done += BlockRows)
        {
            int row = firstRow + done, rows = Math.Min(BlockRows, rowCount - done);
            for (int t = 0; t < tokens; t++)
            {
                destination.Slice((t * weights.Rows) + row, rows).Clear();
            }

            int c = 0;
            for (; c + TileColumns <= weights.Columns; c += TileColumns)
            {
                for (int t = 0; t < tokens; t++)
                {
                    AddFourColumns(source.Slice((t * weights.Columns) + c, TileColumns), weights, c, row, destination.Slice((t * weights.Rows) + row, rows));
                }
            }

            for (; c < weights.Columns; c++)
            {
                for (int t = 0; t < tokens; t++)
                {
                    AddColumn(source[(t * weights.Columns) + c], weights, c, row, destination.Slice((t * weights.Rows) + row, rows));
                }
            }
        }
    }

    private static void AddFourColumns(ReadOnlySpan<float> activations, FloatWeights weights, int column, int row, Span<float> sums)
    {
        nuint rows = (nuint)weights.Rows, first = ((nuint)column * rows) + (nuint)row;
        ref byte w = ref MemoryMarshal.GetReference(weights.Elements);
        ref float y = ref MemoryMarshal.GetReference(sums);
        float x0 = activations[0], x1 = activations[1], x2 = activations[2], x3 = activations[3];
        TVector v0 = TLanes.Broadcast(x0), v1 = TLanes.Broadcast(x1), v2 = TLanes.Broadcast(x2), v3 = TLanes.Broadcast(x3);
        nuint r = 0, length = (nuint)sums.Length;
        for (; r + (nuint)TLanes.Count <= length; r += (nuint)TLanes.Count)
        {
            AddFour<TLanes, TVector>(v0, v1, v2, v3, ref w, first + r, rows, ref y, r);
        }

        for (; r < length; r++)
        {
            AddFour<SingleLane, float>(x0, x1, x2, x3, ref w, first + r, rows, ref y, r);
        }
    }

    private static void AddColumn(float activation, FloatWeights weights, int column, int row, Span<float> sums)
    {
        nuint first = ((nuint)column * (nuint)weights.Rows) + (nuint)row;
        ref byte w = ref MemoryMarshal.GetReference(weights.Elements);
        for (int r = 0; r < sums.Length; r++)
        {
            sums[r] = SingleLane.MultiplyAdd(TElement.Load<SingleLane, float>(ref w, first + (nuint)r), activation, sums[r]);
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
