namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>A weight matrix that can be read as bf16 tiles, some rows and columns at a time.</summary>
internal unsafe interface IWeightTiles
{
    /// <summary>Gets the number of output features.</summary>
    int Rows { get; }

    /// <summary>Gets the number of input features.</summary>
    int Columns { get; }

    /// <summary>Gets the parts of a weight.</summary>
    int Parts { get; }

    /// <summary>Gets the number of preserved channels.</summary>
    int PreservedCount { get; }

    /// <summary>Returns the weight of a preserved channel, by its place among them.</summary>
    float Preserved(int row, int index);

    /// <summary>Returns the first column after <paramref name="column"/> whose products must not be added to that column's before scaling.</summary>
    int ScaleEnd(int column);

    /// <summary>Returns what the sum of a row's products around a column is multiplied by.</summary>
    float Scale(int row, int column);

    /// <summary>Fills the tiles of 16 rows.</summary>
    /// <param name="firstRow">First output feature.</param>
    /// <param name="rowCount">Number of output features, 1 to 16; the rows of the tiles behind them become 0.</param>
    /// <param name="firstColumn">First input feature, a multiple of <see cref="BF16Product.BlockColumns"/>.</param>
    /// <param name="columns">Number of input features, at most <see cref="BF16Product.BlockColumns"/>; columns behind them become 0.</param>
    /// <param name="tiles">First tile of the largest part; the tiles of the columns follow at a distance of two tiles. Shape of a tile <c>[16 rows, 32 columns]</c>.</param>
    /// <param name="partStride">Bytes from a part's first tile to the next part's.</param>
    /// <param name="largest">Raised to the largest magnitude of each row, as bits; NaN exceeds all. Untouched where every weight can be split. Shape <c>[16]</c>.</param>
    void Unpack(int firstRow, int rowCount, int firstColumn, int columns, byte* tiles, nuint partStride, Span<uint> largest);
}
