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

    /// <summary>Fills the panels of a block, one after another. Rows beyond the last one become 0.</summary>
    /// <param name="weights">The whole matrix.</param>
    /// <param name="firstRow">First output feature.</param>
    /// <param name="rowCount">Number of output features.</param>
    /// <param name="firstColumn">First input feature.</param>
    /// <param name="columns">Number of input features, at most <see cref="TiledProducts.BlockColumns"/>.</param>
    /// <param name="panels">Receives the weights. Shape <c>[ceil(rowCount / Rows), columns, Rows]</c>.</param>
    public static void Pack(FloatWeights weights, int firstRow, int rowCount, int firstColumn, int columns, Span<float> panels)
    {
        int lastPanelRows = rowCount % Rows;
        if (lastPanelRows > 0)
        {
            panels.Slice((rowCount - lastPanelRows) * columns, Rows * columns).Clear();
        }

        if (weights.IsTransposed)
        {
            CopyRuns(weights, firstRow, rowCount, firstColumn, columns, panels);
            return;
        }

        for (int r = 0; r < rowCount; r += Rows)
        {
            Turn(weights, firstRow + r, Math.Min(Rows, rowCount - r), firstColumn, panels.Slice(r * columns, Rows * columns));
        }
    }

    /// <summary>Input features are the outer dimension already: a run of the matrix becomes one row of every panel. Whole runs keep memory reads sequential.</summary>
    private static void CopyRuns(FloatWeights weights, int firstRow, int rowCount, int firstColumn, int columns, Span<float> panels)
    {
        ref byte w = ref MemoryMarshal.GetReference(weights.Elements);
        for (int c = 0; c < columns; c++)
        {
            nuint run = ((nuint)(firstColumn + c) * (nuint)weights.Rows) + (nuint)firstRow;
            for (int r = 0; r < rowCount; r += Rows)
            {
                Widen(ref w, run + (nuint)r, panels.Slice((r * columns) + (c * Rows), Math.Min(Rows, rowCount - r)));
            }
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
                Prefetch(ref w, run + (nuint)columns, columns);
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

    /// <summary>Asks for the same rows of the next block, which the memory system cannot guess: a block takes a short run of each row.</summary>
    private static unsafe void Prefetch(ref byte w, nuint first, int columns)
    {
        if (Sse.IsSupported)
        {
            ref byte run = ref Unsafe.Add(ref w, first * (nuint)TElement.Size);
            for (int i = 0; i < columns * TElement.Size; i += 64)
            {
                Sse.Prefetch1(Unsafe.AsPointer(ref Unsafe.Add(ref run, i)));
            }
        }
    }

    private static void Widen(ref byte w, nuint first, Span<float> run) =>
        WidenedRun<TLanes, TVector, TElement>.Fill(ref w, first, ref MemoryMarshal.GetReference(run), (nuint)run.Length);
}
