using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>Copies part of a weight matrix to a panel, <c>[columns, PanelRows]</c> in binary32, so that the product reads it in sequence.</summary>
internal static class WeightPanel<TLanes, TVector, TElement>
    where TLanes : ILanes<TVector>
    where TVector : struct
    where TElement : IWeightElement
{
    /// <summary>Gets the output features of a panel: two vectors.</summary>
    public static int Rows => 2 * TLanes.Count;

    /// <summary>Fills a panel. Rows beyond the last one become 0.</summary>
    /// <param name="weights">The whole matrix.</param>
    /// <param name="firstRow">First output feature.</param>
    /// <param name="rowCount">Number of output features, at most <see cref="Rows"/>.</param>
    /// <param name="firstColumn">First input feature.</param>
    /// <param name="panel">Receives the weights. Shape <c>[columns, Rows]</c>.</param>
    public static void Pack(FloatWeights weights, int firstRow, int rowCount, int firstColumn, Span<float> panel)
    {
        if (rowCount < Rows)
        {
            panel.Clear();
        }

        if (weights.IsTransposed)
        {
            CopyRuns(weights, firstRow, rowCount, firstColumn, panel);
        }
        else
        {
            Turn(weights, firstRow, rowCount, firstColumn, panel);
        }
    }

    /// <summary>Input features are the outer dimension already: a panel row is a run of the matrix.</summary>
    private static void CopyRuns(FloatWeights weights, int firstRow, int rowCount, int firstColumn, Span<float> panel)
    {
        ref byte w = ref MemoryMarshal.GetReference(weights.Elements);
        for (int c = 0; c < panel.Length / Rows; c++)
        {
            nuint run = ((nuint)(firstColumn + c) * (nuint)weights.Rows) + (nuint)firstRow;
            Widen(ref w, run, panel.Slice(c * Rows, rowCount));
        }
    }

    [SkipLocalsInit]
    private static void Turn(FloatWeights weights, int firstRow, int rowCount, int firstColumn, Span<float> panel)
    {
        int columns = panel.Length / Rows;
        Span<float> four = stackalloc float[4 * TiledProducts.BlockColumns];
        ref byte w = ref MemoryMarshal.GetReference(weights.Elements);
        for (int r = 0; r < rowCount; r += 4)
        {
            int valid = Math.Min(4, rowCount - r);
            four[(valid * columns)..(4 * columns)].Clear();
            for (int i = 0; i < valid; i++)
            {
                nuint run = ((nuint)(firstRow + r + i) * (nuint)weights.Columns) + (nuint)firstColumn;
                Widen(ref w, run, four.Slice(i * columns, columns));
            }

            TurnFour(four, columns, panel, r);
        }
    }

    /// <summary>Writes four rows of <c>columns</c> weights as the panel's columns <c>r … r + 3</c>, in squares of 4 × 4.</summary>
    private static void TurnFour(ReadOnlySpan<float> four, int columns, Span<float> panel, int r)
    {
        ref float source = ref MemoryMarshal.GetReference(four);
        ref float destination = ref Unsafe.Add(ref MemoryMarshal.GetReference(panel), r);
        nuint n = (nuint)columns, stride = (nuint)Rows, c = 0;
        if (Sse.IsSupported)
        {
            for (; c + 4 <= n; c += 4)
            {
                Vector128<float> row0 = Vector128.LoadUnsafe(ref source, c), row1 = Vector128.LoadUnsafe(ref source, n + c);
                Vector128<float> row2 = Vector128.LoadUnsafe(ref source, (2 * n) + c), row3 = Vector128.LoadUnsafe(ref source, (3 * n) + c);
                Vector128<float> low01 = Sse.UnpackLow(row0, row1), low23 = Sse.UnpackLow(row2, row3);
                Vector128<float> high01 = Sse.UnpackHigh(row0, row1), high23 = Sse.UnpackHigh(row2, row3);
                Sse.MoveLowToHigh(low01, low23).StoreUnsafe(ref destination, c * stride);
                Sse.MoveHighToLow(low23, low01).StoreUnsafe(ref destination, (c + 1) * stride);
                Sse.MoveLowToHigh(high01, high23).StoreUnsafe(ref destination, (c + 2) * stride);
                Sse.MoveHighToLow(high23, high01).StoreUnsafe(ref destination, (c + 3) * stride);
            }
        }

        for (; c < n; c++)
        {
            Vector128.Create(Unsafe.Add(ref source, c), Unsafe.Add(ref source, n + c), Unsafe.Add(ref source, (2 * n) + c), Unsafe.Add(ref source, (3 * n) + c))
                .StoreUnsafe(ref destination, c * stride);
        }
    }

    private static void Widen(ref byte w, nuint first, Span<float> run)
    {
        ref float destination = ref MemoryMarshal.GetReference(run);
        nuint i = 0, length = (nuint)run.Length;
        for (; i + (nuint)TLanes.Count <= length; i += (nuint)TLanes.Count)
        {
            TLanes.Store(TElement.Load<TLanes, TVector>(ref w, first + i), ref destination, i);
        }

        for (; i < length; i++)
        {
            Unsafe.Add(ref destination, i) = TElement.Load<SingleLane, float>(ref w, first + i);
        }
    }
}
