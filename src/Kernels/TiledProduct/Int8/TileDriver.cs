using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>Walks over a range of output features: unpacks a panel of weights, passes every strip of tokens over it, and finishes each block while it is hot.</summary>
/// <remarks>
/// <para>A panel and the strips of a call stay in the second-level cache (2 MiB a core where AMX is), which feeds a step of 2 × 2 tiles in 39 ns; the
/// first-level cache would in 30, the third in 175. While one panel is multiplied, the packed weights of the next are fetched.</para>
/// <para>A call covers several strips, so that setting up the tiles, about 140 ns, is shared; its sums, 4 KiB a strip, stay in the first-level cache.</para>
/// </remarks>
internal static unsafe class TileDriver
{
    private const int PanelBytes = 512 * 1024;
    private const int CallBytes = 256 * 1024;
    private const int MostStrips = 4;

    /// <summary>Computes some output features of every token.</summary>
    /// <param name="kernel">The innermost loops.</param>
    /// <param name="panels">The whole weight matrix.</param>
    /// <param name="activations">All tokens, packed: a strip of codes for every 32, or a strip of each plane.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="planes">Strips of 32 tokens: 1 for codes, 3 for floats (<see cref="FixedPoint"/>).</param>
    /// <param name="firstRow">First output feature to compute.</param>
    /// <param name="rowCount">Number of output features to compute.</param>
    /// <param name="destination">Receives the products; other rows are untouched. Shape <c>[tokens, rows]</c>.</param>
    public static void Multiply(
        TileMicrokernel kernel, CodePanels panels, CodeActivationTiles activations, int tokens, int planes, int firstRow, int rowCount, Span<float> destination)
    {
        int pairs = Pairs(rowCount);
        int panelPairs = Math.Clamp(PanelBytes / panels.PairBytes, 1, Math.Max(1, pairs));
        int strips = planes == 1 ? Math.Clamp(CallBytes / activations.StripBytes, 1, MostStrips) : planes;
        using TilePanel panel = new(panelPairs, panels.PairBytes, panels.Groups.Count, strips);
        int end = firstRow + rowCount;
        for (int row = firstRow; row < end; row += panelPairs * TileLayout.PairRows)
        {
            int rows = Math.Min(panelPairs * TileLayout.PairRows, end - row);
            for (int pair = 0; pair < Pairs(rows); pair++)
            {
                int pairRow = row + (pair * TileLayout.PairRows);
                panels.Pack(pairRow, Math.Min(TileLayout.PairRows, end - pairRow), panel.Tiles(pair), panel.Scales(pair), panel.Starts(pair));
            }

            int nextRows = Math.Min(rows, end - row - rows);
            MultiplyPanel(kernel, panels, panel, activations, tokens, planes, strips, row, rows, panels.Source(row + rows), panels.Source(row + rows + nextRows), destination);
        }
    }

    private static void MultiplyPanel(
        TileMicrokernel kernel, CodePanels panels, TilePanel panel, CodeActivationTiles activations, int tokens, int planes, int stripsPerCall, int firstRow, int rows, byte* next, byte* nextEnd, Span<float> destination)
    {
        TileBlock block = new()
        {
            StripBytes = activations.StripBytes,
            Groups = panels.Groups.Count,
            GroupSteps = panels.Groups.Steps,
            LastGroupSteps = panels.Groups.LastSteps,
            Sums = panel.Sums,
            Scratch = panel.Scratch,
        };
        for (int strip = 0; strip < activations.Strips; strip += stripsPerCall)
        {
            block.Strips = Math.Min(stripsPerCall, activations.Strips - strip);
            block.Tokens = planes == 1 ? Math.Min(block.Strips * TileLayout.StripTokens, tokens - (strip * TileLayout.StripTokens)) : block.Strips * TileLayout.StripTokens;
            block.Activations = activations.StripTiles(strip);
            for (int pair = 0; pair < Pairs(rows); pair++)
            {
                block.Weights = panel.Tiles(pair);
                block.Scales = panel.Scales(pair);
                block.Starts = panel.Starts(pair);
                block.Prefetch = next < nextEnd ? next : block.Weights;
                next += block.Strips * (panels.PairBytes / TileLayout.StepBytes) * TileBlock.PrefetchedPerStep;
                kernel.Multiply(&block);
                int pairRow = pair * TileLayout.PairRows;
                Store(panels, activations, tokens, planes, strip, (int)block.Strips, firstRow + pairRow, Math.Min(TileLayout.PairRows, rows - pairRow), panel.Sums, destination);
            }
        }
    }

    private static void Store(
        CodePanels panels, CodeActivationTiles activations, int tokens, int planes, int firstStrip, int strips, int row, int rows, float* sums, Span<float> destination)
    {
        ReadOnlySpan<float> columns = panels.PreservedColumns(row, rows);
        for (int strip = firstStrip; strip < firstStrip + strips; strip += planes)
        {
            int token = strip / planes * TileLayout.StripTokens;
            float* first = sums + ((strip - firstStrip) * TileLayout.BlockSums);
            if (planes > 1)
            {
                AddPlanes(first);
            }

            TileEpilogue.Store(
                first,
                activations.TokenScales(strip),
                activations.PreservedValues(strip),
                columns,
                rows,
                Math.Min(TileLayout.StripTokens, tokens - token),
                ref destination[(token * panels.Rows) + row],
                panels.Rows);
        }
    }

    /// <summary>Adds the sums of a strip's planes to those of the first.</summary>
    private static void AddPlanes(float* sums)
    {
        Vector256<float> weight1 = Vector256.Create((float)FixedPoint.Weight1), weight2 = Vector256.Create((float)FixedPoint.Weight2);
        for (int i = 0; i < TileLayout.BlockSums; i += Vector256<float>.Count)
        {
            Vector256<float> sum = Vector256.MultiplyAddEstimate(Vector256.Load(sums + TileLayout.BlockSums + i), weight1, Vector256.Load(sums + i));
            Vector256.MultiplyAddEstimate(Vector256.Load(sums + (2 * TileLayout.BlockSums) + i), weight2, sum).Store(sums + i);
        }
    }

    private static int Pairs(int rows) => (rows + TileLayout.PairRows - 1) / TileLayout.PairRows;
}
