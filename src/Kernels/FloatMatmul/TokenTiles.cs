using OutlierQuant.Kernels.TiledProduct;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>Activations in the order in which <see cref="TiledProducts{TLanes, TVector, TElement}"/> reads them; a piece is a tile of some tokens.</summary>
/// <remarks>Rows of activations are often a multiple of 4 KiB apart: read where they lie, the tokens of a tile would push each other out of the first-level cache.
/// Shape <c>[blocks of columns, tiles, tokens of a tile, Stride]</c>; tokens behind the last are 0, columns behind the last are left as they are.</remarks>
/// <param name="tokens">Number of tokens.</param>
/// <param name="columns">Input features, positive.</param>
/// <param name="tileTokens">Tokens of a tile.</param>
internal sealed unsafe class TokenTiles(int tokens, int columns, int tileTokens) : PreparedFloats(tokens, columns, [])
{
    private const int BlockColumns = TiledProducts.BlockColumns;

    private readonly PinnedMemory _memory = new(checked(
        (tokens + tileTokens - 1) / tileTokens * tileTokens * ((columns + BlockColumns - 1) / BlockColumns * StrideOf(columns)) * sizeof(float)));

    /// <summary>Gets the tokens of a tile.</summary>
    public int TileTokens => tileTokens;

    /// <summary>Gets the floats from one token of a tile to the next.</summary>
    public int Stride { get; } = StrideOf(columns);

    /// <inheritdoc/>
    public override int Pieces => (Tokens + tileTokens - 1) / tileTokens;

    /// <summary>Gets a tile's columns from the first of a block on. Shape <c>[TileTokens, Stride]</c>.</summary>
    public Span<float> Tile(int tile, int firstColumn) =>
        new((float*)_memory.Start + ((((nint)firstColumn / BlockColumns * Pieces) + tile) * tileTokens * Stride), tileTokens * Stride);

    /// <inheritdoc/>
    private protected override void FillPiece(ReadOnlySpan<float> source, int piece)
    {
        int firstToken = piece * tileTokens, present = Math.Min(tileTokens, Tokens - firstToken);
        for (int column = 0; column < Columns; column += BlockColumns)
        {
            Span<float> tile = Tile(piece, column);
            int count = Math.Min(BlockColumns, Columns - column);
            for (int t = 0; t < present; t++)
            {
                source.Slice(((firstToken + t) * Columns) + column, count).CopyTo(tile[(t * Stride)..]);
            }

            // Their sums are not used, but must not be slow subnormals or NaN.
            tile[(present * Stride)..].Clear();
        }
    }

    /// <inheritdoc/>
    private protected override void Release() => _memory.Dispose();

    // Whole cache lines.
    private static int StrideOf(int columns) => Math.Min(BlockColumns, (columns + TiledProducts.LineFloats - 1) / TiledProducts.LineFloats * TiledProducts.LineFloats);
}
