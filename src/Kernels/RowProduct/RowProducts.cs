using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>Walks over a range of weight rows with the emitted functions.</summary>
/// <remarks>Several chunks of tokens take turns on some rows, which stay in the second-level cache; together they fetch the rows after these.</remarks>
internal static unsafe class RowProducts
{
    private const int PassBytes = 32 * 1024;
    private const int FetchBytes = 4 * 1024;
    private const int MostRows = 4;

    /// <summary>Computes sums: of each group, scaled, added up; or of whole rows, without their scales. Shape of the destination <c>[tokens, rows]</c>.</summary>
    /// <param name="weights">The whole matrix.</param>
    /// <param name="activations">All tokens, filled.</param>
    /// <param name="firstRow">First output feature to compute.</param>
    /// <param name="rowCount">Number of output features to compute.</param>
    /// <param name="destination">Receives the sums; other rows are untouched.</param>
    /// <param name="kernel">What runs the functions.</param>
    public static void Multiply(PackedWeights weights, RowActivations activations, int firstRow, int rowCount, Span<float> destination, IRowKernel kernel)
    {
        RowLayout layout = activations.Layout;
        int rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns), chunks = activations.Chunks;
        int passRows = chunks == 1 ? Math.Max(1, rowCount) : Math.Max(1, PassBytes / rowBytes / MostRows) * MostRows;
        fixed (byte* codes = weights.Codes)
        fixed (float* scales = weights.Scales, sums = destination)
        {
            RowBlock block = new()
            {
                RowBytes = rowBytes,
                ScaleBytes = layout.Groups * sizeof(float),
                SumBytes = (nint)weights.Rows * sizeof(float),
                Steps = layout.Steps,
                Groups = layout.Groups,
                GroupSteps = layout.GroupSteps,
                LastGroupSteps = layout.LastGroupSteps,
                LastBytes = ulong.MaxValue >> (RowLayout.StepBytes - layout.LastBytes),
                LastScales = layout.Grouping == RowGrouping.Fields ? (1UL << layout.LastScales) - 1 : 0,
                Weight1 = 1 << RowActivations.Weight1Bits,
                Weight2 = 1 << RowActivations.Weight2Bits,
            };
            for (int row = firstRow; row < firstRow + rowCount; row += passRows)
            {
                int rows = Math.Min(passRows, firstRow + rowCount - row);
                for (int chunk = 0; chunk < chunks; chunk++)
                {
                    RowCodeShape shape = RowCodeShape.OfMostRows(layout, activations.Planes, activations.TokensOf(chunk));
                    int blockRows = shape.Rows;
                    int aheadRows = chunks > 1 ? passRows : ((FetchBytes / rowBytes) + blockRows) / blockRows * blockRows;
                    block.Weights = codes + ((nint)row * rowBytes);
                    block.Scales = scales + ((nint)row * layout.Groups);
                    block.Sums = sums + ((nint)chunk * activations.ChunkTokens * weights.Rows) + row;
                    block.Activations = activations.Vectors(chunk);
                    block.Starts = activations.Starts(chunk);
                    block.FetchStep = blockRows * RowLayout.StepBytes / chunks;
                    block.FetchDistance = ((nint)aheadRows * rowBytes) + (chunk * layout.Steps * block.FetchStep);
                    block = Run(kernel, shape, block, rows / blockRows);
                    _ = Run(kernel, shape with { Rows = 1 }, block, rows % blockRows);
                }
            }
        }
    }

    /// <summary>Runs some blocks of rows and returns the block that begins with the next row.</summary>
    private static RowBlock Run(IRowKernel kernel, RowCodeShape shape, RowBlock block, int blocks)
    {
        if (blocks == 0)
        {
            return block;
        }

        block.Blocks = blocks;
        kernel.Multiply(shape, block);
        nint rows = (nint)blocks * shape.Rows;
        block.Weights += rows * block.RowBytes;
        block.Scales += rows * block.ScaleBytes / sizeof(float);
        block.Sums += rows;
        return block;
    }
}
