namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>Where a range of output features keeps its tiles and sums: parts of one piece of memory, each at a cache line.</summary>
internal unsafe struct PanelScratch
{
    // A group has at least one tile of columns.
    private const int MaxRuns = BF16Product.BlockColumns / BF16Tile.Columns;

    private readonly int _weightBytes;
    private readonly int _sumBytes;
    private readonly int _strips;

    /// <summary>Computes the sizes.</summary>
    /// <param name="rows">Most output features of a panel.</param>
    /// <param name="parts">Parts of a weight.</param>
    /// <param name="strips">Most strips of 32 tokens at a time.</param>
    public PanelScratch(int rows, int parts, int strips)
    {
        Rows = (rows + BF16Tile.PairSide - 1) / BF16Tile.PairSide * BF16Tile.PairSide;
        _weightBytes = Rows * BF16Product.BlockColumns * sizeof(ushort) * parts;
        _sumBytes = Rows * BF16Tile.PairSide * sizeof(float);
        _strips = strips;
    }

    /// <summary>Gets the rows of a panel, whole pairs of tiles.</summary>
    public int Rows { get; }

    /// <summary>Gets the bytes of all parts together.</summary>
    public readonly int Bytes => _weightBytes + ((_strips + 1) * _sumBytes) + ((MaxRuns + 1) * Rows * sizeof(float));

    /// <summary>Gets the weight tiles of a block. Shape <c>[row pairs, parts, column tiles, 2]</c> of tiles.</summary>
    public byte* Weights { get; private set; }

    /// <summary>Gets the sums of one call of the tile kernel. Shape <c>[row pairs, 4, 16, 16]</c>.</summary>
    public float* Sums { get; private set; }

    /// <summary>Gets what each run of the block is multiplied by. Shape <c>[runs, rows]</c>.</summary>
    public float* Scales { get; private set; }

    /// <summary>Gets the largest magnitude of each row so far, as bits. Shape <c>[rows]</c>.</summary>
    public uint* Largest { get; private set; }

    /// <summary>Returns the sums of a strip over all blocks so far, in the order of <see cref="Sums"/>.</summary>
    public readonly float* Totals(int strip) => Sums + ((strip + 1) * (nint)(_sumBytes / sizeof(float)));

    /// <summary>Computes where a row's sums with tokens 0 to 15 of a strip begin; those with tokens 16 to 31 begin a tile later.</summary>
    public static int RowPlace(int row) =>
        (row / BF16Tile.PairSide * 4 * BF16Tile.Elements) + (row % BF16Tile.PairSide / BF16Tile.Side * 2 * BF16Tile.Elements) + (row % BF16Tile.Side * BF16Tile.Side);

    /// <summary>Takes the memory: <see cref="Bytes"/> from a cache line on.</summary>
    public void Place(byte* memory)
    {
        Weights = memory;
        Sums = (float*)(memory + _weightBytes);
        Scales = (float*)((byte*)Sums + ((_strips + 1) * (nint)_sumBytes));
        Largest = (uint*)(Scales + (MaxRuns * Rows));
    }
}
