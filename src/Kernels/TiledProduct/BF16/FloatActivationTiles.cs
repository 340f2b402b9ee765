using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>The activations of one product as bf16 tiles, made once and read by every range of output features.</summary>
/// <remarks>
/// <para>A kernel reserves them, and only that kernel reads them. Shape <c>[strips of 32 tokens, parts, column tiles, 2]</c> of tiles. A tile holds 32 columns of 16 tokens: row <c>i</c> has columns <c>2i</c> and <c>2i + 1</c> of
/// token 0, then of token 1, …, as <c>tdpbf16ps</c> wants its second operand. Columns and tokens beyond the last are 0.</para>
/// <para>Preserved channels are 0 in the tiles, so that not even an infinite one takes part; their values stand beside, by channel.</para>
/// </remarks>
public sealed unsafe class FloatActivationTiles : IDisposable
{
    private const int CacheLine = 64;

    private readonly byte[] _tiles;
    private readonly float[] _preserved;
    private readonly int[] _preservedChannels;
    private readonly int _tileStart;
    private volatile bool _isSplittable = true;

    /// <summary>Reserves room; <see cref="Fill"/> fills it.</summary>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="columns">Input features.</param>
    /// <param name="parts">Parts of an activation: 1 rounds to bf16, 3 is exact.</param>
    /// <param name="preservedChannels">Columns that take no part in the tiles, in order. Shape <c>[preserved]</c>.</param>
    internal FloatActivationTiles(int tokens, int columns, int parts, ReadOnlySpan<int> preservedChannels)
    {
        (Tokens, Columns, Parts) = (tokens, columns, parts);
        Strips = (tokens + BF16Tile.PairSide - 1) / BF16Tile.PairSide;
        _preservedChannels = preservedChannels.ToArray();
        _preserved = ArrayPool<float>.Shared.Rent(Math.Max(1, _preservedChannels.Length * Strips * BF16Tile.PairSide));
        _tiles = ArrayPool<byte>.Shared.Rent(checked((Strips * StripBytes) + CacheLine));
        fixed (byte* tiles = _tiles)
        {
            _tileStart = (int)((CacheLine - ((nuint)tiles % CacheLine)) % CacheLine);
        }
    }

    /// <summary>Gets the number of tokens.</summary>
    public int Tokens { get; }

    /// <summary>Gets the number of input features.</summary>
    public int Columns { get; }

    /// <summary>Gets the number of parts of an activation.</summary>
    internal int Parts { get; }

    /// <summary>Gets the number of strips of 32 tokens.</summary>
    public int Strips { get; }

    /// <summary>Gets the bytes of one part of a strip.</summary>
    internal int PartBytes => BF16Tile.ColumnTiles(Columns) * BF16Tile.PairBytes;

    /// <summary>Gets the bytes of a strip.</summary>
    internal int StripBytes => Parts * PartBytes;

    /// <summary>Gets a value indicating whether every token packed so far has magnitudes within <see cref="SplitRange"/>; if not, the tiles are of no use.</summary>
    internal bool IsSplittable => _isSplittable;

    /// <summary>Gets the tiles; a <c>fixed</c> statement over them stays at a cache line as long as the array does not move.</summary>
    internal Span<byte> Tiles => _tiles.AsSpan(_tileStart, Strips * StripBytes);

    /// <summary>Gets one preserved channel of every token. Shape <c>[strips · 32]</c>, 0 behind the last token.</summary>
    internal ReadOnlySpan<float> Preserved(int index) => _preserved.AsSpan(index * Strips * BF16Tile.PairSide, Strips * BF16Tile.PairSide);

    /// <summary>Fills some strips. Different strips may be filled by several threads at once.</summary>
    /// <param name="source">Activations. Shape <c>[tokens, columns]</c>.</param>
    /// <param name="firstStrip">First strip to fill.</param>
    /// <param name="stripCount">Number of strips to fill.</param>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    public void Fill(ReadOnlySpan<float> source, int firstStrip, int stripCount)
    {
        if (source.Length != (long)Tokens * Columns)
        {
            throw new ArgumentException($"{Tokens} tokens of {Columns} columns are {(long)Tokens * Columns} values, but there are {source.Length}.", nameof(source));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(firstStrip);
        ArgumentOutOfRangeException.ThrowIfNegative(stripCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stripCount, Strips - firstStrip);
        float[] token = ArrayPool<float>.Shared.Rent(BF16Tile.ColumnTiles(Columns) * BF16Tile.Columns);
        Span<byte> tiles = Tiles;
        int padded = Strips * BF16Tile.PairSide;
        for (int t = firstStrip * BF16Tile.PairSide; t < (firstStrip + stripCount) * BF16Tile.PairSide; t++)
        {
            Span<byte> strip = tiles.Slice(t / BF16Tile.PairSide * StripBytes, StripBytes);
            token.AsSpan().Clear();
            if (t < Tokens)
            {
                source.Slice(t * Columns, Columns).CopyTo(token);
            }

            for (int j = 0; j < _preservedChannels.Length; j++)
            {
                _preserved[(j * padded) + t] = token[_preservedChannels[j]];
                token[_preservedChannels[j]] = 0;
            }

            if (!SplitRange.Contains(PackToken(ref token[0], t % BF16Tile.PairSide, strip)))
            {
                _isSplittable = false;
            }
        }

        ArrayPool<float>.Shared.Return(token);
        TransposeTiles(tiles.Slice(firstStrip * StripBytes, stripCount * StripBytes));
    }

    /// <summary>Throws unless tiles, if there are any, hold the activations of such a product.</summary>
    internal static void Check(FloatActivationTiles? tiles, int tokens, int columns, ReadOnlySpan<int> preservedChannels)
    {
        if (tiles is not null && (tokens != tiles.Tokens || columns != tiles.Columns || !preservedChannels.SequenceEqual(tiles._preservedChannels)))
        {
            throw new ArgumentException(
                $"The tiles are those of {tiles.Tokens} tokens of {tiles.Columns} columns, {tiles._preservedChannels.Length} preserved; the product has {tokens} tokens of {columns} columns, {preservedChannels.Length} preserved.",
                nameof(tiles));
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_tiles);
        ArrayPool<float>.Shared.Return(_preserved);
    }

    /// <summary>Writes a token's columns as a row of every tile, and returns its largest magnitude as bits.</summary>
    private uint PackToken(ref float token, int tokenInStrip, Span<byte> strip)
    {
        ref byte row = ref strip[(tokenInStrip / BF16Tile.Side * BF16Tile.Bytes) + (tokenInStrip % BF16Tile.Side * CacheLine)];
        Vector512<uint> largest = default;
        for (int k = 0; k < BF16Tile.ColumnTiles(Columns); k++)
        {
            nuint column = (nuint)(k * BF16Tile.Columns);
            Vector512<float> first = Vector512.LoadUnsafe(ref token, column), second = Vector512.LoadUnsafe(ref token, column + BF16Tile.Side);
            largest = SplitRange.Max(SplitRange.Max(largest, first), second);
            BF16Split.Store(first, second, Parts, ref Unsafe.Add(ref row, k * BF16Tile.PairBytes), (nuint)PartBytes);
        }

        return SplitRange.Max(largest);
    }

    /// <summary>Turns tiles of <c>[16 tokens, 16 pairs of columns]</c> into <c>[16 pairs, 16 tokens]</c>; a pair is one element of 32 bits.</summary>
    [SkipLocalsInit]
    private static void TransposeTiles(Span<byte> tiles)
    {
        Span<float> copy = stackalloc float[BF16Tile.Elements];
        Span<float> elements = MemoryMarshal.Cast<byte, float>(tiles);
        for (int i = 0; i < elements.Length; i += BF16Tile.Elements)
        {
            elements.Slice(i, BF16Tile.Elements).CopyTo(copy);
            SquareTranspose.Transpose(ref MemoryMarshal.GetReference(copy), BF16Tile.Side, ref elements[i], BF16Tile.Side);
        }
    }
}
