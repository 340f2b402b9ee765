using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>Float weights as bf16 tiles, from either layout.</summary>
/// <param name="weights">The whole matrix.</param>
/// <param name="parts">Parts of a weight; fewer than its type needs rounds it.</param>
internal readonly unsafe ref struct FloatWeightTiles<TElement>(FloatWeights weights, int parts) : IWeightTiles
    where TElement : IWeightElement
{
    private const int Side = BF16Tile.Side;

    private readonly FloatWeights _weights = weights;

    public int Rows => _weights.Rows;

    public int Columns => _weights.Columns;

    public int Parts => parts;

    public int PreservedCount => 0;

    public float Preserved(int row, int index) => throw new InvalidOperationException("Float weights have no preserved channels.");

    public int ScaleEnd(int column) => _weights.Columns;

    public float Scale(int row, int column) => 1;

    public void Unpack(int firstRow, int rowCount, int firstColumn, int columns, byte* tiles, nuint partStride, Span<uint> largest)
    {
        if (_weights.IsTransposed)
        {
            UnpackTransposed(firstRow, rowCount, firstColumn, columns, tiles, partStride, largest);
            return;
        }

        for (int r = 0; r < Side; r++)
        {
            ref byte row = ref tiles[r * BF16Tile.Bytes / Side];
            int present = r < rowCount ? columns : 0;
            uint rowLargest = typeof(TElement) == typeof(BF16Element)
                ? CopyRow(firstRow + r, present, columns, firstColumn, ref row)
                : UnpackRow(firstRow + r, present, columns, firstColumn, ref row, partStride);
            largest[r] = Math.Max(largest[r], rowLargest);
        }
    }

    /// <summary>Copies a row of bf16 weights, 32 to a row of a tile, with zeros behind them; returns the largest magnitude.</summary>
    private uint CopyRow(int row, int present, int columns, int firstColumn, ref byte tileRow)
    {
        ref byte source = ref MemoryMarshal.GetReference(_weights.Elements);
        nuint first = ((nuint)row * (nuint)_weights.Columns) + (nuint)firstColumn;
        Vector512<ushort> largest = default;
        Span<ushort> some = stackalloc ushort[BF16Tile.Columns];
        for (int c = 0; c < columns; c += BF16Tile.Columns)
        {
            Vector512<ushort> weights;
            if (c + BF16Tile.Columns <= present)
            {
                weights = Vector512.LoadUnsafe(ref Unsafe.Add(ref source, (first + (nuint)c) * sizeof(ushort))).AsUInt16();
            }
            else
            {
                some.Clear();
                CopySome(first + (nuint)c, present - c, MemoryMarshal.AsBytes(some));
                weights = Vector512.Create<ushort>(some);
            }

            largest = Vector512.Max(largest, weights & Vector512.Create((ushort)0x7FFF));
            weights.AsByte().StoreUnsafe(ref Unsafe.Add(ref tileRow, c / BF16Tile.Columns * BF16Tile.PairBytes));
        }

        (Vector512<uint> low, Vector512<uint> high) = Vector512.Widen(largest);
        return SplitRange.Max(Vector512.Max(low, high)) << 16;
    }

    /// <summary>Writes a row's first columns, and zeros behind them, as a row of every tile; returns the largest magnitude.</summary>
    private uint UnpackRow(int row, int present, int columns, int firstColumn, ref byte tileRow, nuint partStride)
    {
        ref byte source = ref MemoryMarshal.GetReference(_weights.Elements);
        nuint first = ((nuint)row * (nuint)_weights.Columns) + (nuint)firstColumn;
        Vector512<uint> largest = default;
        for (int c = 0; c < columns; c += BF16Tile.Columns)
        {
            (Vector512<float> low, Vector512<float> high) = c + BF16Tile.Columns <= present
                ? (Load(ref source, first + (nuint)c), Load(ref source, first + (nuint)c + Side))
                : (LoadSome(first + (nuint)c, present - c), LoadSome(first + (nuint)c + Side, present - c - Side));
            largest = SplitRange.Max(SplitRange.Max(largest, low), high);
            BF16Split.Store(low, high, parts, ref Unsafe.Add(ref tileRow, c / BF16Tile.Columns * BF16Tile.PairBytes), partStride);
        }

        return SplitRange.Max(largest);
    }

    /// <summary>Reads a run of 16 output features for each column; two columns make a row of column pairs, and transposing gives the tile.</summary>
    [SkipLocalsInit]
    private void UnpackTransposed(int firstRow, int rowCount, int firstColumn, int columns, byte* tiles, nuint partStride, Span<uint> largest)
    {
        uint* pairs = stackalloc uint[BF16Split.MaxParts * BF16Tile.Elements];
        Vector512<uint> magnitudes = default;
        for (int c = 0; c < columns; c += BF16Tile.Columns)
        {
            for (int pair = 0; pair < Side; pair++)
            {
                int column = c + (2 * pair);
                Vector512<float> even = LoadRun(firstRow, rowCount, firstColumn, column, columns), odd = LoadRun(firstRow, rowCount, firstColumn, column + 1, columns);
                magnitudes = SplitRange.Max(SplitRange.Max(magnitudes, even), odd);
                for (int part = 0; part < parts; part++)
                {
                    Vector512<float> roundedEven = BF16Split.Round(even), roundedOdd = BF16Split.Round(odd);
                    (Vector512.ShiftRightLogical(roundedEven.AsUInt32(), 16) | roundedOdd.AsUInt32()).Store(pairs + (part * BF16Tile.Elements) + (pair * Side));
                    even -= roundedEven;
                    odd -= roundedOdd;
                }
            }

            for (int part = 0; part < parts; part++)
            {
                byte* tile = tiles + ((nuint)part * partStride) + (c / BF16Tile.Columns * BF16Tile.PairBytes);
                BF16Tile.Turn((float*)(pairs + (part * BF16Tile.Elements)), (float*)tile, Side);
            }
        }

        for (int r = 0; r < Side; r++)
        {
            largest[r] = Math.Max(largest[r], magnitudes[r]);
        }
    }

    private Vector512<float> LoadRun(int firstRow, int rowCount, int firstColumn, int column, int columns)
    {
        nuint first = ((nuint)(firstColumn + column) * (nuint)_weights.Rows) + (nuint)firstRow;
        return column < columns && rowCount == Side
            ? Load(ref MemoryMarshal.GetReference(_weights.Elements), first)
            : LoadSome(first, column < columns ? rowCount : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load(ref byte source, nuint index) => TElement.Load<Lanes512, Vector512<float>>(ref source, index);

    /// <summary>Loads up to 16 elements, with zeros behind them, and touches nothing else.</summary>
    private Vector512<float> LoadSome(nuint index, int count)
    {
        Span<byte> lanes = stackalloc byte[Side * sizeof(float)];
        lanes.Clear();
        CopySome(index, Math.Min(count, Side), lanes);
        return Load(ref lanes[0], 0);
    }

    private void CopySome(nuint index, int count, Span<byte> destination)
    {
        if (count > 0)
        {
            MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref MemoryMarshal.GetReference(_weights.Elements), index * (nuint)TElement.Size), count * TElement.Size).CopyTo(destination);
        }
    }
}
