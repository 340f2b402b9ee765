using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.FloatMatmul.Lanes;
using OutlierQuant.Kernels.TiledProduct;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>Sizes of the blocks of <see cref="TiledProducts{TLanes, TVector, TElement}"/>.</summary>
internal static class TiledProducts
{
    /// <summary>Input features of a block. A tile of them takes 12 to 24 KiB and stays in the first-level cache, while panels pass.</summary>
    public const int BlockColumns = 512;

    /// <summary>Output features of a block. Its panels take 512 KiB and stay in the second-level cache; the more there are, the less often activations pass.</summary>
    public const int BlockRows = 256;

    /// <summary>Tokens of a tile. Six times two vectors of sums leave four of sixteen registers for the factors.</summary>
    public const int TileTokens = 6;

    /// <summary>Floats of a cache line.</summary>
    public const int LineFloats = 16;

    /// <summary>Lets stack memory begin at a cache line, because a load that crosses lines takes twice as long. The result is <see cref="LineFloats"/> shorter.</summary>
    public static unsafe Span<float> Align(Span<float> stackMemory)
    {
        nuint address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(stackMemory));
        int misplaced = (int)(address / sizeof(float) % LineFloats);
        return stackMemory.Slice(misplaced == 0 ? 0 : LineFloats - misplaced, stackMemory.Length - LineFloats);
    }
}

/// <summary>The product for many tokens: weights are copied to panels once, and every tile of tokens passes over them.</summary>
/// <remarks>
/// <para>A lane holds one output feature. Its products are added in the order of the input features within a block of <see cref="TiledProducts.BlockColumns"/>,
/// and the blocks in order after that: the same in every tile, so an element's bits do not depend on its neighbours.</para>
/// <para>The scheme of nested blocks is that of Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008.</para>
/// </remarks>
internal static class TiledProducts<TLanes, TVector, TElement>
    where TLanes : ILanes<TVector>
    where TVector : struct
    where TElement : IWeightElement
{
    private const int BlockColumns = TiledProducts.BlockColumns;
    private const int BlockRows = TiledProducts.BlockRows;
    private const int LargestPanelRows = 32;
    private const int LargestTileTokens = WideTile.Tokens;

    /// <summary>Gets the tokens of a tile.</summary>
    public static int TileTokens => IsWide ? WideTile.Tokens : TiledProducts.TileTokens;

    private static bool IsWide => typeof(TVector) == typeof(Vector512<float>) && WideTile.IsAvailable;

    private static int PanelRows => WeightPanel<TLanes, TVector, TElement>.Rows;

    /// <summary>Computes some output features of every token.</summary>
    /// <param name="source">All tokens, in tiles of <see cref="TileTokens"/>.</param>
    /// <param name="weights">The whole matrix, with at least one column.</param>
    /// <param name="firstRow">First output feature to compute.</param>
    /// <param name="rowCount">Number of output features to compute.</param>
    /// <param name="destination">Receives the products; other rows are untouched. Shape <c>[tokens, rows]</c>.</param>
    public static unsafe void Multiply(TokenTiles source, FloatWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        int most = Math.Min(BlockRows, (rowCount + PanelRows - 1) / PanelRows * PanelRows) * Math.Min(BlockColumns, weights.Columns);
        using PinnedMemory memory = new(most * sizeof(float));
        Span<float> panels = new(memory.Start, most);
        for (int done = 0; done < rowCount; done += BlockRows)
        {
            int row = firstRow + done, rows = Math.Min(BlockRows, rowCount - done);
            for (int column = 0; column < weights.Columns; column += BlockColumns)
            {
                int columns = Math.Min(BlockColumns, weights.Columns - column);
                WeightPanel<TLanes, TVector, TElement>.Pack(weights, row, rows, column, columns, panels);
                MultiplyBlock(source, weights.Rows, row, rows, column, columns, panels, destination);
            }
        }
    }

    [SkipLocalsInit]
    private static void MultiplyBlock(TokenTiles source, int stride, int row, int rows, int column, int columns, ReadOnlySpan<float> panels, Span<float> destination)
    {
        Span<float> sums = TiledProducts.Align(stackalloc float[(LargestTileTokens * LargestPanelRows) + TiledProducts.LineFloats]);
        for (int i = 0; i < source.Pieces; i++)
        {
            int token = i * TileTokens, present = Math.Min(TileTokens, source.Tokens - token);
            ref float tile = ref MemoryMarshal.GetReference(source.Tile(i, column));
            for (int r = 0; r < rows; r += PanelRows)
            {
                ref float panel = ref MemoryMarshal.GetReference(panels[(r * columns)..]);
                if (IsWide && present == TileTokens && rows - r >= PanelRows)
                {
                    WideTile.Multiply(ref tile, (nuint)source.Stride, ref panel, (nuint)columns, ref destination[(token * stride) + row + r], stride, adds: column > 0);
                    continue;
                }

                MultiplyTile(ref tile, (nuint)source.Stride, ref panel, (nuint)columns, ref MemoryMarshal.GetReference(sums));
                int width = Math.Min(PanelRows, rows - r);
                for (int t = 0; t < present; t++)
                {
                    Deliver(sums.Slice(t * PanelRows, width), column == 0, destination.Slice(((token + t) * stride) + row + r, width));
                }
            }
        }
    }

    private static void MultiplyTile(ref float tile, nuint tileStride, ref float panel, nuint columns, ref float sums)
    {
        if (IsWide)
        {
            WideTile.Multiply(ref tile, tileStride, ref panel, columns, ref sums, PanelRows, adds: false);
            return;
        }

        // aTV: sums of token T and the panel's vector V.
        TVector a00 = default, a10 = default, a20 = default, a30 = default, a40 = default, a50 = default;
        TVector a01 = default, a11 = default, a21 = default, a31 = default, a41 = default, a51 = default;
        nuint count = (nuint)TLanes.Count;
        for (nuint c = 0; c < columns; c++)
        {
            TVector w0 = TLanes.Load(ref panel, 0), w1 = TLanes.Load(ref panel, count);
            panel = ref Unsafe.Add(ref panel, 2 * count);
            TVector x = TLanes.Broadcast(Unsafe.Add(ref tile, c));
            a00 = TLanes.MultiplyAdd(x, w0, a00);
            a01 = TLanes.MultiplyAdd(x, w1, a01);
            x = TLanes.Broadcast(Unsafe.Add(ref tile, c + tileStride));
            a10 = TLanes.MultiplyAdd(x, w0, a10);
            a11 = TLanes.MultiplyAdd(x, w1, a11);
            x = TLanes.Broadcast(Unsafe.Add(ref tile, c + (2 * tileStride)));
            a20 = TLanes.MultiplyAdd(x, w0, a20);
            a21 = TLanes.MultiplyAdd(x, w1, a21);
            x = TLanes.Broadcast(Unsafe.Add(ref tile, c + (3 * tileStride)));
            a30 = TLanes.MultiplyAdd(x, w0, a30);
            a31 = TLanes.MultiplyAdd(x, w1, a31);
            x = TLanes.Broadcast(Unsafe.Add(ref tile, c + (4 * tileStride)));
            a40 = TLanes.MultiplyAdd(x, w0, a40);
            a41 = TLanes.MultiplyAdd(x, w1, a41);
            x = TLanes.Broadcast(Unsafe.Add(ref tile, c + (5 * tileStride)));
            a50 = TLanes.MultiplyAdd(x, w0, a50);
            a51 = TLanes.MultiplyAdd(x, w1, a51);
        }

        TLanes.Store(a00, ref sums, 0);
        TLanes.Store(a01, ref sums, count);
        TLanes.Store(a10, ref sums, 2 * count);
        TLanes.Store(a11, ref sums, 3 * count);
        TLanes.Store(a20, ref sums, 4 * count);
        TLanes.Store(a21, ref sums, 5 * count);
        TLanes.Store(a30, ref sums, 6 * count);
        TLanes.Store(a31, ref sums, 7 * count);
        TLanes.Store(a40, ref sums, 8 * count);
        TLanes.Store(a41, ref sums, 9 * count);
        TLanes.Store(a50, ref sums, 10 * count);
        TLanes.Store(a51, ref sums, 11 * count);
    }

    /// <summary>Writes the sums of the first block, adds those of the others.</summary>
    private static void Deliver(ReadOnlySpan<float> sums, bool isFirst, Span<float> destination)
    {
        if (isFirst)
        {
            sums.CopyTo(destination);
            return;
        }

        ref float source = ref MemoryMarshal.GetReference(sums), target = ref MemoryMarshal.GetReference(destination);
        nuint i = 0, length = (nuint)sums.Length;
        for (; i + (nuint)TLanes.Count <= length; i += (nuint)TLanes.Count)
        {
            TLanes.Store(TLanes.Add(TLanes.Load(ref target, i), TLanes.Load(ref source, i)), ref target, i);
        }

        for (; i < length; i++)
        {
            destination[(int)i] += sums[(int)i];
        }
    }
}
