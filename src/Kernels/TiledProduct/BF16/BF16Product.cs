using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>The product of many tokens and a weight matrix, both as bf16 tiles: what surrounds the tile kernel.</summary>
/// <remarks>
/// <para>A panel of output features is unpacked one block of columns at a time and meets every strip of 32 tokens, so that a weight is unpacked once, and a strip's block is
/// read from the second-level cache by all but the first rows of the panel. Sums of a block, or of a shorter group that has a scale of its own, start from 0 in the
/// tile kernel and are added up outside, in binary32.</para>
/// <para>Short sums are also what makes the product accurate: see <see cref="PartProducts"/>. An element's bits depend on its row and token alone.</para>
/// </remarks>
/// <param name="kernel">Multiplies the tiles.</param>
internal sealed unsafe class BF16Product(IBF16TileKernel kernel)
{
    /// <summary>Input features of a block: a multiple of the 128 columns of a packed quad.</summary>
    public const int BlockColumns = 512;

    // 256 rows of a block take 256 KiB a part, and a strip of tokens 32 KiB a part: together with the sums of 1024 tokens they fit a second-level cache of 2 MiB.
    private const int PanelRows = 256;
    private const int BlockStrips = 32;

    /// <summary>Gets the product on the tile registers of AMX.</summary>
    public static BF16Product Amx { get; } = new(new AmxTileKernel());

    /// <summary>Gets the product on 512-bit vectors.</summary>
    public static BF16Product Avx512 { get; } = new(new Avx512TileKernel());

    /// <summary>Gets the tile kernel.</summary>
    public IBF16TileKernel Kernel => kernel;

    /// <summary>Computes some output features of every token.</summary>
    /// <param name="activations">All tokens, packed.</param>
    /// <param name="weights">The whole matrix, with at least one column.</param>
    /// <param name="firstRow">First output feature to compute.</param>
    /// <param name="rowCount">Number of output features to compute.</param>
    /// <param name="destination">Receives the products; other rows are untouched. Shape <c>[tokens, rows]</c>.</param>
    /// <returns>Rows whose weights cannot be split, so that their products are still to be computed; null for none.</returns>
    public List<int>? Multiply<TWeights>(FloatActivationTiles activations, TWeights weights, int firstRow, int rowCount, Span<float> destination)
        where TWeights : IWeightTiles, allows ref struct
    {
        PanelScratch scratch = new(Math.Min(rowCount, PanelRows), weights.Parts, Math.Min(activations.Strips, BlockStrips));
        List<int>? unsplittable = null;
        using PinnedMemory memory = new(scratch.Bytes);
        scratch.Place(memory.Start);
        for (int strip = 0; strip < activations.Strips; strip += BlockStrips)
        {
            int strips = Math.Min(BlockStrips, activations.Strips - strip);
            for (int done = 0; done < rowCount; done += PanelRows)
            {
                Panel panel = new(firstRow + done, Math.Min(PanelRows, rowCount - done), strip, strips);
                new Span<uint>(scratch.Largest, scratch.Rows).Clear();
                for (int column = 0; column < weights.Columns; column += BlockColumns)
                {
                    MultiplyBlock(activations, weights, panel, column, scratch);
                }

                Deliver(activations, weights, panel, scratch, destination);
                if (strip == 0)
                {
                    unsplittable = AddUnsplittable(unsplittable, panel, scratch);
                }
            }
        }

        return unsplittable;
    }

    private void MultiplyBlock<TWeights>(FloatActivationTiles activations, TWeights weights, Panel panel, int firstColumn, in PanelScratch scratch)
        where TWeights : IWeightTiles, allows ref struct
    {
        int columns = Math.Min(BlockColumns, weights.Columns - firstColumn);
        nint partStride = BF16Tile.ColumnTiles(columns) * BF16Tile.PairBytes;
        nint itemStride = weights.Parts * partStride;
        for (int row = 0; row < panel.PaddedRows; row += BF16Tile.Side)
        {
            byte* first = scratch.Weights + (row / BF16Tile.PairSide * itemStride) + (row % BF16Tile.PairSide / BF16Tile.Side * BF16Tile.Bytes);
            int present = Math.Clamp(panel.Rows - row, 0, BF16Tile.Side);
            weights.Unpack(panel.FirstRow + row, present, firstColumn, columns, first, (nuint)partStride, new Span<uint>(scratch.Largest + row, BF16Tile.Side));
        }

        int runs = ReadScales(weights, panel, firstColumn, columns, scratch);
        nint* products = stackalloc nint[2 * PartProducts.MaxCount];
        int productCount = PartProducts.Offsets(weights.Parts, activations.Parts, partStride, activations.PartBytes, new Span<nint>(products, 2 * PartProducts.MaxCount));
        for (int strip = 0; strip < panel.Strips; strip++)
        {
            byte* block = activations.Tiles(panel.FirstStrip + strip) + (firstColumn / BF16Tile.Columns * BF16Tile.PairBytes);
            for (int run = 0, column = 0; run < runs; run++)
            {
                int end = Math.Min(columns, weights.ScaleEnd(firstColumn + column) - firstColumn);
                int offset = column / BF16Tile.Columns * BF16Tile.PairBytes;
                kernel.Multiply(new TileSteps
                {
                    Weights = scratch.Weights + offset,
                    Activations = block + offset,
                    Sums = scratch.Sums,
                    Items = panel.Pairs,
                    ItemStride = itemStride,
                    ColumnTiles = BF16Tile.ColumnTiles(end - column),
                    Products = products,
                    ProductCount = productCount,
                });
                AddSums(scratch.Sums, scratch.Scales + (run * scratch.Rows), scratch.Totals(strip), panel.PaddedRows, isFirst: firstColumn + column == 0);
                column = end;
            }
        }
    }

    /// <summary>Writes what each run of the block is multiplied by, and returns the number of runs. Shape <c>[runs, scratch.Rows]</c>.</summary>
    private static int ReadScales<TWeights>(TWeights weights, Panel panel, int firstColumn, int columns, in PanelScratch scratch)
        where TWeights : IWeightTiles, allows ref struct
    {
        int runs = 0;
        for (int column = 0; column < columns; column = weights.ScaleEnd(firstColumn + column) - firstColumn)
        {
            Span<float> scales = new(scratch.Scales + (runs * scratch.Rows), scratch.Rows);
            for (int row = 0; row < panel.Rows; row++)
            {
                scales[row] = weights.Scale(panel.FirstRow + row, firstColumn + column);
            }

            scales[panel.Rows..].Clear();
            runs++;
        }

        return runs;
    }

    /// <summary>Adds scale · sum to the totals of some rows and 32 tokens. A vector holds 16 tokens of one row.</summary>
    private static void AddSums(float* sums, float* scales, float* totals, int rows, bool isFirst)
    {
        for (int row = 0; row < rows; row++)
        {
            Vector512<float> scale = Vector512.Create(scales[row]);
            int place = PanelScratch.RowPlace(row);
            for (int i = place; i <= place + BF16Tile.Elements; i += BF16Tile.Elements)
            {
                Vector512<float> sum = Vector512.Load(sums + i);
                (isFirst ? sum * scale : Vector512.FusedMultiplyAdd(sum, scale, Vector512.Load(totals + i))).Store(totals + i);
            }
        }
    }

    /// <summary>Adds the preserved channels and writes tiles of 16 rows and 16 tokens to where they belong.</summary>
    private static void Deliver<TWeights>(FloatActivationTiles activations, TWeights weights, Panel panel, in PanelScratch scratch, Span<float> destination)
        where TWeights : IWeightTiles, allows ref struct
    {
        for (int strip = 0; strip < panel.Strips; strip++)
        {
            float* totals = scratch.Totals(strip);
            for (int tile = 0; tile < 4 * panel.Pairs; tile++)
            {
                int row = (tile / 4 * BF16Tile.PairSide) + (tile / 2 % 2 * BF16Tile.Side);
                int token = ((panel.FirstStrip + strip) * BF16Tile.PairSide) + (tile % 2 * BF16Tile.Side);
                int rows = Math.Min(BF16Tile.Side, panel.Rows - row), tokens = Math.Min(BF16Tile.Side, activations.Tokens - token);
                if (rows > 0 && tokens > 0)
                {
                    float* total = totals + (tile * BF16Tile.Elements);
                    for (int r = 0; r < rows && weights.PreservedCount > 0; r++)
                    {
                        AddPreserved(activations, weights, panel.FirstRow + row + r, token, total + (r * BF16Tile.Side));
                    }

                    Store(total, rows, tokens, destination[((token * weights.Rows) + panel.FirstRow + row)..], weights.Rows);
                }
            }
        }
    }

    private static void AddPreserved<TWeights>(FloatActivationTiles activations, TWeights weights, int row, int firstToken, float* totals)
        where TWeights : IWeightTiles, allows ref struct
    {
        Vector512<float> sum = Vector512.Load(totals);
        for (int j = 0; j < weights.PreservedCount; j++)
        {
            ref float tokens = ref MemoryMarshal.GetReference(activations.Preserved(j));
            sum = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref tokens, (nuint)firstToken), Vector512.Create(weights.Preserved(row, j)), sum);
        }

        sum.Store(totals);
    }

    private static void Store(float* tile, int rows, int tokens, Span<float> destination, int stride)
    {
        if (rows == BF16Tile.Side && tokens == BF16Tile.Side)
        {
            fixed (float* first = destination)
            {
                BF16Tile.Turn(tile, first, stride);
            }

            return;
        }

        for (int token = 0; token < tokens; token++)
        {
            for (int row = 0; row < rows; row++)
            {
                destination[(token * stride) + row] = tile[(row * BF16Tile.Side) + token];
            }
        }
    }

    private static List<int>? AddUnsplittable(List<int>? rows, Panel panel, in PanelScratch scratch)
    {
        for (int row = 0; row < panel.Rows; row++)
        {
            if (!SplitRange.Contains(scratch.Largest[row]))
            {
                (rows ??= []).Add(panel.FirstRow + row);
            }
        }

        return rows;
    }

    /// <summary>Some output features and some strips of tokens.</summary>
    private readonly record struct Panel(int FirstRow, int Rows, int FirstStrip, int Strips)
    {
        /// <summary>Gets the number of pairs of tiles that hold the rows.</summary>
        public int Pairs => (Rows + BF16Tile.PairSide - 1) / BF16Tile.PairSide;

        public int PaddedRows => Pairs * BF16Tile.PairSide;
    }
}
