namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>Sizes of the tiles of <c>tdpbf16ps</c>: 16 rows of 64 bytes.</summary>
internal static unsafe class BF16Tile
{
    /// <summary>Output features of a weight tile, tokens of an activation tile, rows and columns of a tile of sums.</summary>
    public const int Side = 16;

    /// <summary>Input features of a tile.</summary>
    public const int Columns = 32;

    /// <summary>Bytes of a tile.</summary>
    public const int Bytes = 1024;

    /// <summary>Two tiles of the same columns lie one after the other: 32 output features, or 32 tokens.</summary>
    public const int PairBytes = 2 * Bytes;

    /// <summary>Output features, or tokens, of two tiles.</summary>
    public const int PairSide = 2 * Side;

    /// <summary>Elements of a tile of sums.</summary>
    public const int Elements = Side * Side;

    /// <summary>Turns a tile of elements of 32 bits, sums or pairs of columns: rows become columns.</summary>
    /// <param name="source">First row.</param>
    /// <param name="destination">Receives the first column of the source as its first row. It must not overlap the source.</param>
    /// <param name="destinationStride">Elements from one row of the destination to the next.</param>
    public static void Turn(float* source, float* destination, nint destinationStride)
    {
        for (int row = 0; row < Side; row += Squares.Size)
        {
            for (int column = 0; column < Side; column += Squares.Size)
            {
                Squares.Turn(source + (row * Side) + column, Side, destination + (column * destinationStride) + row, destinationStride);
            }
        }
    }

    /// <summary>Computes how many tiles hold some input features.</summary>
    public static int ColumnTiles(int columns) => (columns + Columns - 1) / Columns;
}
