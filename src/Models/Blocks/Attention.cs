using OutlierQuant.Kernels;

namespace OutlierQuant.Models.Blocks;

/// <summary>Scaled dot-product attention; Vaswani et al., arXiv:1706.03762, equation (1).</summary>
/// <remarks>
/// <para><c>attended[q] = Σ_k softmax_k(query[q] · key[k] / √headSize) · value[k]</c> for the positions k that q may see.</para>
/// <para>The work is cut into tiles: some consecutive queries of all heads that share a key and value head. The threads take tiles, and tiles do not
/// depend on the number of threads. Scores exist for some keys of the tiles in flight only (<see cref="AttentionTile"/>), so that memory does not
/// grow with the square of the window.</para>
/// </remarks>
internal static class Attention
{
    // Rows of a tile are queries × heads of a group. Enough of them make up for packing the keys, few enough leave little beyond the diagonal.
    private const int RowsPerTile = 128;
    private const int MostQueriesPerTile = 64;

    /// <summary>Computes attention of all heads.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="queries">Rotated queries. Shape [keyValueHeads, tokens, heads / keyValueHeads, headSize].</param>
    /// <param name="attended">Receives the result. Shape [tokens, heads · headSize].</param>
    /// <param name="call">Tokens, their keys and values, and who may want the probabilities.</param>
    /// <param name="block">0-based block.</param>
    public static void Attend(AttentionShape shape, ReadOnlyMemory<float> queries, Memory<float> attended, BlockCall call, int block)
    {
        int tokens = call.Tokens;
        int queriesPerTile = Math.Min(MostQueriesPerTile, Math.Max(1, RowsPerTile / shape.Group));
        int tilesPerHead = (tokens + queriesPerTile - 1) / queriesPerTile;
        using (call.Context.Measure(ForwardPart.Attention))
        {
            call.Context.Team.Run(shape.KeyValueHeads * tilesPerHead, 1, (first, count) =>
            {
                for (int item = first; item < first + count; item++)
                {
                    // Later tiles see more keys; taking them first lets the short ones fill the gaps at the end.
                    int head = item % shape.KeyValueHeads;
                    int firstQuery = (tilesPerHead - 1 - (item / shape.KeyValueHeads)) * queriesPerTile;
                    AttentionTile tile = new(shape, call, head, firstQuery, Math.Min(queriesPerTile, tokens - firstQuery));
                    tile.Attend(queries.Span, attended.Span);
                }
            }, call.Context.Suite.FloatMatmul.NeedsOwnThreads(FloatType.F32, Math.Min(tokens, queriesPerTile) * shape.Group));
        }

        AttentionProbabilities.Show(shape, queries, call, block);
    }
}
