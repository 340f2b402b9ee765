using System.Numerics.Tensors;
using OutlierQuant.Models.Numerics;

namespace OutlierQuant.Models.Blocks;

/// <summary>Computes attention probabilities and scores for an observer, some tokens at a time; attention itself never holds them. Shows it the values too.</summary>
internal static class AttentionProbabilities
{
    private const int QueriesPerPiece = 32;

    /// <summary>The kinds that <see cref="Show"/> shows, if they are wanted.</summary>
    public static readonly ObservationKind[] Kinds = [ObservationKind.AttentionValues, ObservationKind.AttentionScores, ObservationKind.AttentionProbabilities];

    /// <summary>Shows what the observer wants of every head: values first, then scores and probabilities of some tokens after the other.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="queries">Rotated queries. Shape [keyValueHeads, tokens, group, headSize].</param>
    /// <param name="call">Tokens, their keys and values, and who watches.</param>
    /// <param name="block">0-based block.</param>
    public static void Show(AttentionShape shape, ReadOnlyMemory<float> queries, BlockCall call, int block)
    {
        ObservationPoint values = new(ObservationKind.AttentionValues, block), scores = new(ObservationKind.AttentionScores, block), probabilities = new(ObservationKind.AttentionProbabilities, block);
        if (call.IsWanted(values))
        {
            ShowValues(shape, call, values);
        }

        bool wantsScores = call.IsWanted(scores), wantsProbabilities = call.IsWanted(probabilities);
        if (!wantsScores && !wantsProbabilities)
        {
            return;
        }

        int keys = call.Cache.Count;
        float[] piece = new float[checked(shape.Heads * Math.Min(QueriesPerPiece, call.Tokens) * keys)];
        float[] scaled = wantsScores ? new float[piece.Length] : [];
        for (int first = 0; first < call.Tokens; first += QueriesPerPiece)
        {
            int count = Math.Min(QueriesPerPiece, call.Tokens - first);
            int firstQuery = first;
            call.Context.Team.Run(shape.Heads * count, 1, (firstRow, rowCount) =>
            {
                for (int row = firstRow; row < firstRow + rowCount; row++)
                {
                    Compute(shape, queries.Span, call, row / count, firstQuery + (row % count), piece.AsSpan(row * keys, keys), wantsScores ? scaled.AsSpan(row * keys, keys) : []);
                }
            });
            SequenceChunk tokens = call.Chunk with { TokenIds = call.Chunk.TokenIds.Slice(first, count), FirstPosition = call.Chunk.FirstPosition + first };
            int rows = shape.Heads * count;
            if (wantsScores)
            {
                call.Observer!.Observe(scores, call.Window, tokens, scaled.AsSpan(0, rows * keys), rows, keys);
            }

            if (wantsProbabilities)
            {
                call.Observer!.Observe(probabilities, call.Window, tokens, piece.AsSpan(0, rows * keys), rows, keys);
            }
        }
    }

    /// <summary>Joins the values of all heads, which lie apart where the cache has room to grow.</summary>
    private static void ShowValues(AttentionShape shape, BlockCall call, ObservationPoint point)
    {
        int keys = call.Cache.Count;
        float[] values = new float[checked(shape.KeyValueHeads * keys * shape.HeadSize)];
        for (int head = 0; head < shape.KeyValueHeads; head++)
        {
            call.Cache.Values(head, 0, keys).CopyTo(values.AsSpan(head * keys * shape.HeadSize));
        }

        call.Observer!.Observe(point, call.Window, call.Chunk, values, shape.KeyValueHeads * keys, shape.HeadSize);
    }

    /// <summary>The probabilities of one query of one head, 0 where it may not look; and, unless empty, its scores, −∞ there. Shapes [keys].</summary>
    private static void Compute(AttentionShape shape, ReadOnlySpan<float> queries, BlockCall call, int head, int query, Span<float> probabilities, Span<float> scores)
    {
        int keyValueHead = head / shape.Group;
        int row = (((keyValueHead * call.Tokens) + query) * shape.Group) + (head % shape.Group);
        ReadOnlySpan<float> values = queries.Slice(row * shape.HeadSize, shape.HeadSize);
        int own = call.FirstRow + query;
        int firstKey = shape.FirstKey(own);
        float scale = 1 / MathF.Sqrt(shape.HeadSize);
        probabilities.Clear();
        Span<float> visible = probabilities[firstKey..(own + 1)];
        for (int key = 0; key < visible.Length; key++)
        {
            visible[key] = TensorPrimitives.Dot(values, call.Cache.Keys(keyValueHead, firstKey + key, 1));
        }

        if (!scores.IsEmpty)
        {
            scores.Fill(float.NegativeInfinity);
            TensorPrimitives.Multiply(visible, scale, scores[firstKey..(own + 1)]);
        }

        double total = Softmax.Exponentiate(visible, Softmax.Largest(visible), scale);
        TensorPrimitives.Divide(visible, (float)total, visible);
    }
}
