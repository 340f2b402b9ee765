using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.FloatMatmul;

namespace OutlierQuant.Models.Blocks;

/// <summary>Scaled dot-product attention; Vaswani et al., arXiv:1706.03762, equation (1).</summary>
/// <remarks>
/// <para><c>attended[q] = Σ_k softmax_k(query[q] · key[k] / √headSize) · value[k]</c> for the positions k that q may see.</para>
/// <para>The work is cut into tiles: some queries of one head, and the keys that at least one of them sees. Both products of a tile are done by
/// the float matmul kernel, and scores exist for the tiles in flight only. Tiles do not depend on the number of threads.</para>
/// </remarks>
internal static class Attention
{
    private const int QueriesPerTile = 32;

    /// <summary>Computes attention of all heads.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="queries">Rotated queries. Shape [heads, tokens, headSize].</param>
    /// <param name="attended">Receives the result. Shape [tokens, heads · headSize].</param>
    /// <param name="call">Tokens, their keys and values, and who may want the probabilities.</param>
    /// <param name="block">0-based block.</param>
    public static void Attend(AttentionShape shape, ReadOnlyMemory<float> queries, Memory<float> attended, BlockCall call, int block)
    {
        using PartClock clock = call.Context.Measure(ForwardPart.Attention);
        int tokens = call.Tokens;
        int keys = call.Cache.Count;
        ObservationPoint point = new(ObservationKind.AttentionProbabilities, block);
        float[]? observed = call.IsWanted(point) ? new float[checked(shape.Heads * tokens * keys)] : null;
        int tilesPerHead = (tokens + QueriesPerTile - 1) / QueriesPerTile;
        call.Context.Team.Run(shape.Heads * tilesPerHead, 1, (first, count) =>
        {
            for (int item = first; item < first + count; item++)
            {
                // Later tiles see more keys; taking them first lets the short ones fill the gaps at the end.
                int head = item % shape.Heads;
                int firstQuery = (tilesPerHead - 1 - (item / shape.Heads)) * QueriesPerTile;
                int tileQueries = Math.Min(QueriesPerTile, tokens - firstQuery);
                AttendTile(shape, queries.Span, attended.Span, call, head, firstQuery, tileQueries, observed);
            }
        }, call.Context.Suite.FloatMatmul.NeedsOwnThreads(FloatType.F32, QueriesPerTile));
        if (observed is not null)
        {
            call.Observer!.Observe(point, call.Window, call.Chunk, observed, shape.Heads * tokens, keys);
        }
    }

    private static void AttendTile(
        AttentionShape shape, ReadOnlySpan<float> queries, Span<float> attended, BlockCall call, int head, int firstQuery, int tileQueries, float[]? observed)
    {
        int headSize = shape.HeadSize;
        int firstPosition = call.Chunk.FirstPosition + firstQuery;
        int firstKey = shape.FirstKey(firstPosition);
        int keys = firstPosition + tileQueries - firstKey;
        IFloatMatmulKernel kernel = call.Context.Suite.FloatMatmul;
        float[] rented = ArrayPool<float>.Shared.Rent(tileQueries * (keys + headSize));
        Span<float> scores = rented.AsSpan(0, tileQueries * keys);
        Span<float> result = rented.AsSpan(scores.Length, tileQueries * headSize);

        int keyValueHead = shape.KeyValueHead(head);
        ReadOnlySpan<float> tile = queries.Slice(((head * call.Tokens) + firstQuery) * headSize, tileQueries * headSize);
        kernel.Multiply(tile, tileQueries, AsWeights(call.Cache.Keys(keyValueHead, firstKey, keys), keys, headSize, false), 0, keys, scores);
        for (int query = 0; query < tileQueries; query++)
        {
            int position = firstPosition + query;
            Span<float> row = scores.Slice(query * keys, keys);
            int firstVisible = shape.FirstKey(position) - firstKey;
            Softmax(row, firstVisible, position - firstKey + 1 - firstVisible, headSize);
            if (observed is not null)
            {
                row.CopyTo(observed.AsSpan((((head * call.Tokens) + firstQuery + query) * call.Cache.Count) + firstKey));
            }
        }

        kernel.Multiply(scores, tileQueries, AsWeights(call.Cache.Values(keyValueHead, firstKey, keys), headSize, keys, true), 0, headSize, result);
        for (int query = 0; query < tileQueries; query++)
        {
            result.Slice(query * headSize, headSize).CopyTo(attended[(((firstQuery + query) * shape.QuerySize) + (head * headSize))..]);
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>Turns the visible scores of a row into probabilities and sets the others to 0.</summary>
    private static void Softmax(Span<float> row, int firstVisible, int visibleCount, int headSize)
    {
        Span<float> visible = row.Slice(firstVisible, visibleCount);
        row[..firstVisible].Clear();
        row[(firstVisible + visibleCount)..].Clear();
        TensorPrimitives.Divide(visible, MathF.Sqrt(headSize), visible);
        TensorPrimitives.Subtract(visible, TensorPrimitives.Max<float>(visible), visible);
        TensorPrimitives.Exp(visible, visible);
        TensorPrimitives.Divide(visible, (float)RowSum.Of(visible), visible);
    }

    private static FloatWeights AsWeights(ReadOnlySpan<float> values, int rows, int columns, bool isTransposed) => new()
    {
        Elements = MemoryMarshal.AsBytes(values),
        Type = FloatType.F32,
        Rows = rows,
        Columns = columns,
        IsTransposed = isTransposed,
    };
}
