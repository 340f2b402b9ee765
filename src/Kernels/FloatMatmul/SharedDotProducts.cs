using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>The product for 2 to some dozens of tokens, and with <see cref="HalfTiles"/> for one: dot products, of which all that share a weight are computed while it is in the first-level cache.</summary>
/// <remarks>
/// <para>Three rows meet all tokens of a chunk of columns, two to four tokens in a tile; the sums wait in memory from one chunk to the next. The tokens are copied first, so
/// that those of a chunk lie together: rows of activations are often a multiple of 4 KiB apart, and would push each other out of the cache.</para>
/// <para>Lane i of an element's sum holds the products of the columns i, i + Count, i + 2 Count, …, in this order, whatever the tile and the chunk. So an element's bits
/// do not depend on its neighbours, and are those of <see cref="DotProducts{TLanes, TVector, TElement}"/>.</para>
/// </remarks>
internal static class SharedDotProducts<TLanes, TVector, TElement>
    where TLanes : ILanes<TVector>
    where TVector : struct
    where TElement : IWeightElement
{
    private const int TileRows = DotTiles.Rows;
    private const int TileTokens = DotTiles.MostTokens;
    private const int MostBlockTokens = 16;
    private const int ChunkColumns = 512;
    private const int MostLanes = 16;

    /// <summary>Gets a value indicating whether halves are widened by an instruction, so that one token gains too.</summary>
    private static bool HasHalfTiles => typeof(TElement) == typeof(F16Element) && TLanes.Count == HalfTiles.Width && HalfTiles.IsAvailable;

    // Without the instruction, widening a half takes longer than storing and loading it; other elements are widened again in every tile.
    private static bool IsWidenedOnce => typeof(TElement) == typeof(F16Element) && !HasHalfTiles;

    private static int SumsPerToken => TileRows * TLanes.Count;

    public static void Multiply(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        int columns = weights.Columns - (weights.Columns % TLanes.Count), end = firstRow + rowCount;
        if (rowCount < TileRows || columns == 0 || tokens == 0)
        {
            DotProducts<TLanes, TVector, TElement>.Multiply(source, tokens, weights, firstRow, rowCount, destination);
            return;
        }

        float[] scratch = ArrayPool<float>.Shared.Rent((Math.Min(tokens, MostBlockTokens) * columns) + AlignedSpan.Slack<float>());
        for (int token = 0, count; token < tokens; token += count)
        {
            // Blocks of about the same size, so that none has one token alone.
            int left = tokens - token, blocks = (left + MostBlockTokens - 1) / MostBlockTokens;
            count = (left + blocks - 1) / blocks;
            Span<float> block = AlignedSpan.Of(scratch, count * columns);
            Pack(source.Slice(token * weights.Columns, count * weights.Columns), weights.Columns, columns, block);
            for (int row = firstRow; row < end; row += TileRows)
            {
                // The last tile moves back over rows that are done, and computes the same bits again.
                int first = Math.Min(row, end - TileRows);
                MultiplyRows(block, count, weights, columns, first, destination[((token * weights.Rows) + first)..]);
            }
        }

        ArrayPool<float>.Shared.Return(scratch);
        DotProducts<TLanes, TVector, TElement>.AddRemainders(source, tokens, weights, firstRow, rowCount, destination);
    }

    /// <summary>Copies tokens by chunks. Shape <c>[chunks, tokens, ChunkColumns]</c>, the last chunk shorter.</summary>
    private static void Pack(ReadOnlySpan<float> source, int stride, int columns, Span<float> packed)
    {
        for (int c = 0; c < columns; c += ChunkColumns)
        {
            int count = Math.Min(ChunkColumns, columns - c);
            for (int first = c; first < source.Length; first += stride)
            {
                source.Slice(first, count).CopyTo(packed);
                packed = packed[count..];
            }
        }
    }

    [SkipLocalsInit]
    private static void MultiplyRows(ReadOnlySpan<float> block, int tokens, FloatWeights weights, int columns, int row, Span<float> destination)
    {
        Span<float> sums = TiledProducts.Align(stackalloc float[(MostBlockTokens * TileRows * MostLanes) + TiledProducts.LineFloats])[..(tokens * SumsPerToken)];
        Span<float> widened = TiledProducts.Align(stackalloc float[(IsWidenedOnce ? TileRows * ChunkColumns : 0) + TiledProducts.LineFloats]);
        nuint stride = (nuint)weights.Columns;
        ref byte w = ref MemoryMarshal.GetReference(weights.Elements);
        sums.Clear();
        for (int c = 0; c < columns; c += ChunkColumns)
        {
            int count = Math.Min(ChunkColumns, columns - c);
            ReadOnlySpan<float> x = block.Slice(tokens * c, tokens * count);
            nuint first = ((nuint)row * stride) + (nuint)c;

            // Fetching the rows that follow takes as long as these take.
            ref byte next = ref Unsafe.Add(ref w, (((nuint)(row + TileRows) * stride) + (nuint)(TileRows * c)) * (nuint)TElement.Size);
            if (IsWidenedOnce)
            {
                for (int r = 0; r < TileRows; r++)
                {
                    WidenedRun<TLanes, TVector, TElement>.Fill(ref w, first + ((nuint)r * stride), ref widened[r * ChunkColumns], (nuint)count);
                }

                AddChunk<F32Element>(x, tokens, count, ref Unsafe.As<float, byte>(ref MemoryMarshal.GetReference(widened)), ChunkColumns, ref next, sums);
            }
            else
            {
                AddChunk<TElement>(x, tokens, count, ref Unsafe.Add(ref w, first * (nuint)TElement.Size), stride, ref next, sums);
            }
        }

        for (int i = 0; i < tokens * TileRows; i++)
        {
            destination[(i / TileRows * weights.Rows) + (i % TileRows)] = TLanes.Sum(TLanes.Load(ref sums[i * TLanes.Count], 0));
        }
    }

    /// <summary>Adds the products of a chunk to the sums of all tokens, and asks for what <paramref name="next"/> refers to meanwhile.</summary>
    private static void AddChunk<TChunk>(ReadOnlySpan<float> x, int tokens, int count, ref byte w, nuint stride, ref byte next, Span<float> sums)
        where TChunk : IWeightElement
    {
        int tiles = (tokens + TileTokens - 1) / TileTokens;
        nuint step = (nuint)(TileRows * TLanes.Count * TElement.Size / tiles);
        for (int t = 0; t < tokens;)
        {
            // Fours and threes, and a two where there is no other way; never one beside others, which would wait for its own sums.
            int left = tokens - t, width = left % TileTokens == 0 ? TileTokens : Math.Min(left, 3);
            ref float tile = ref MemoryMarshal.GetReference(x[(t * count)..]), tileSums = ref MemoryMarshal.GetReference(sums[(t * SumsPerToken)..]);
            if (typeof(TChunk) == typeof(F16Element))
            {
                HalfTiles.Add(width, ref tile, ref w, stride, (nuint)count, ref next, step, ref tileSums);
            }
            else
            {
                DotTiles<TLanes, TVector, TChunk>.Add(width, ref tile, ref w, stride, (nuint)count, ref next, step, ref tileSums);
            }

            t += width;
            next = ref Unsafe.Add(ref next, (nuint)(count / TLanes.Count) * step);
        }
    }
}
