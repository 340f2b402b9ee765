using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>The activations of one product as bf16 tiles; a piece is a strip of 32 tokens.</summary>
/// <remarks>
/// <para>Shape <c>[strips of 32 tokens, parts, column tiles, 2]</c> of tiles. A tile holds 32 columns of 16 tokens: row <c>i</c> has columns <c>2i</c> and <c>2i + 1</c> of
/// token 0, then of token 1, …, as <c>tdpbf16ps</c> wants its second operand. Columns and tokens beyond the last are 0.</para>
/// <para>Preserved channels are 0 in the tiles, so that not even an infinite one takes part; their values stand beside, by channel.</para>
/// </remarks>
internal sealed unsafe class FloatActivationTiles : PreparedFloats
{
    private const int RowBytes = BF16Tile.Bytes / BF16Tile.Side;

    private readonly PinnedMemory _tiles;
    private readonly float[] _preserved;
    private volatile bool _isSplittable = true;

    /// <summary>Reserves room; <see cref="PreparedFloats.Fill"/> fills it.</summary>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="columns">Input features.</param>
    /// <param name="parts">Parts of an activation: 1 rounds to bf16, 3 is exact.</param>
    /// <param name="preservedChannels">Columns that take no part in the tiles, in order. Shape <c>[preserved]</c>.</param>
    public FloatActivationTiles(int tokens, int columns, int parts, ReadOnlySpan<int> preservedChannels)
        : base(tokens, columns, preservedChannels)
    {
        Parts = parts;
        Strips = (tokens + BF16Tile.PairSide - 1) / BF16Tile.PairSide;
        _preserved = ArrayPool<float>.Shared.Rent(Math.Max(1, PreservedChannels.Length * Strips * BF16Tile.PairSide));
        _tiles = new(checked(Strips * StripBytes));
    }

    /// <inheritdoc/>
    public override int Pieces => Strips;

    /// <summary>Gets the number of parts of an activation.</summary>
    public int Parts { get; }

    /// <summary>Gets the number of strips of 32 tokens.</summary>
    public int Strips { get; }

    /// <summary>Gets the bytes of one part of a strip.</summary>
    public int PartBytes => BF16Tile.ColumnTiles(Columns) * BF16Tile.PairBytes;

    /// <summary>Gets the bytes of a strip.</summary>
    public int StripBytes => Parts * PartBytes;

    /// <summary>Gets a value indicating whether every token packed so far has magnitudes within <see cref="SplitRange"/>; if not, the tiles are of no use.</summary>
    public bool IsSplittable => _isSplittable;

    /// <summary>Gets the tiles of a strip. Shape <c>[parts, column tiles, 2]</c> of tiles.</summary>
    public byte* Tiles(int strip) => _tiles.Start + ((nint)strip * StripBytes);

    /// <summary>Gets one preserved channel of every token. Shape <c>[strips · 32]</c>, 0 behind the last token.</summary>
    public ReadOnlySpan<float> Preserved(int index) => _preserved.AsSpan(index * Strips * BF16Tile.PairSide, Strips * BF16Tile.PairSide);

    /// <inheritdoc/>
    private protected override void Release()
    {
        _tiles.Dispose();
        ArrayPool<float>.Shared.Return(_preserved);
    }

    /// <inheritdoc/>
    private protected override void FillPiece(ReadOnlySpan<float> source, int piece)
    {
        FillHalf(source, piece, 0);
        FillHalf(source, piece, BF16Tile.Side);
    }

    /// <summary>Fills the tiles of 16 tokens of a strip.</summary>
    [SkipLocalsInit]
    private void FillHalf(ReadOnlySpan<float> source, int strip, int firstOfStrip)
    {
        Span<float> copy = stackalloc float[BF16Tile.Side * BF16Tile.Columns];
        byte* rows = stackalloc byte[BF16Split.MaxParts * BF16Tile.Bytes];
        Span<Vector512<uint>> largest = stackalloc Vector512<uint>[BF16Tile.Side];
        largest.Clear();
        int firstToken = (strip * BF16Tile.PairSide) + firstOfStrip, tokens = Math.Clamp(Tokens - firstToken, 0, BF16Tile.Side);
        byte* tiles = Tiles(strip) + (firstOfStrip / BF16Tile.Side * BF16Tile.Bytes);
        int preserved = 0;
        for (int column = 0; column < Columns; column += BF16Tile.Columns)
        {
            int columns = Math.Min(BF16Tile.Columns, Columns - column), end = preserved;
            while (end < PreservedChannels.Length && PreservedChannels[end] < column + columns)
            {
                end++;
            }

            bool isWhole = tokens == BF16Tile.Side && columns == BF16Tile.Columns && end == preserved;
            if (!isWhole)
            {
                CopyTile(source, firstToken, tokens, column, columns, preserved, end, copy);
            }

            ref float first = ref isWhole ? ref Unsafe.AsRef(in source[(firstToken * Columns) + column]) : ref copy[0];
            Split(ref first, isWhole ? Columns : BF16Tile.Columns, Parts, ref *rows, largest);
            for (int part = 0; part < Parts; part++)
            {
                // A token's pairs of columns, elements of 32 bits, become a column of the tile.
                byte* tile = tiles + ((nint)part * PartBytes) + (column / BF16Tile.Columns * BF16Tile.PairBytes);
                BF16Tile.Turn((float*)(rows + (part * BF16Tile.Bytes)), (float*)tile, BF16Tile.Side);
            }

            preserved = end;
        }

        foreach (Vector512<uint> token in largest)
        {
            if (!SplitRange.Contains(SplitRange.Max(token)))
            {
                _isSplittable = false;
            }
        }
    }

    /// <summary>Copies a tile that is not all there, or has preserved channels: what is missing becomes 0, and preserved values move out.</summary>
    private void CopyTile(ReadOnlySpan<float> source, int firstToken, int tokens, int column, int columns, int firstPreserved, int endPreserved, Span<float> copy)
    {
        copy.Clear();
        for (int t = 0; t < tokens; t++)
        {
            source.Slice(((firstToken + t) * Columns) + column, columns).CopyTo(copy[(t * BF16Tile.Columns)..]);
        }

        for (int j = firstPreserved; j < endPreserved; j++)
        {
            for (int t = 0; t < BF16Tile.Side; t++)
            {
                ref float value = ref copy[(t * BF16Tile.Columns) + PreservedChannels[j] - column];
                _preserved[(j * Strips * BF16Tile.PairSide) + firstToken + t] = value;
                value = 0;
            }
        }
    }

    /// <summary>Splits 32 columns of 16 tokens. Shape of the rows <c>[parts, 16 tokens, 32 columns]</c>.</summary>
    private static void Split(ref float source, int stride, int parts, ref byte rows, Span<Vector512<uint>> largest)
    {
        for (int t = 0; t < BF16Tile.Side; t++)
        {
            nuint place = (nuint)t * (nuint)stride;
            Vector512<float> first = Vector512.LoadUnsafe(ref source, place), second = Vector512.LoadUnsafe(ref source, place + BF16Tile.Side);
            largest[t] = SplitRange.Max(SplitRange.Max(largest[t], first), second);
            BF16Split.Store(first, second, parts, ref Unsafe.Add(ref rows, t * RowBytes), BF16Tile.Bytes);
        }
    }
}
