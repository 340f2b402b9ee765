using System.Numerics.Tensors;
using OutlierQuant.Models.Numerics;

namespace OutlierQuant.Models.Blocks;

/// <summary>Computes attention probabilities for an observer, some tokens at a time; attention itself never holds them.</summary>
internal static class AttentionProbabilities
{
    private const int QueriesPerPiece = 32;

    /// <summary>Shows the probabilities of every head.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="queries">Rotated queries. Shape [keyValueHeads, tokens, group, headSize].</param>
    /// <param name="call">Tokens, their keys, and who watches.</param>
    /// <param name="block">0-based block.</param>
    public static void Show(AttentionShape shape, ReadOnlyMemory<float> queries, BlockCall call, int block)
    {
        int keys = call.Cache.Count;
        float[] piece = new float[checked(shape.Heads * Math.Min(QueriesPerPiece, call.Tokens) * keys)];
        for (int first = 0; first < call.Tokens; first += QueriesPerPiece)
        {
            int count = Math.Min(QueriesPerPiece, call.Tokens - first);
            int firstQuery = first;
            call.Context.Team.Run(shape.Heads * count, 1, (firstRow, rowCount) =>
            {
                for (int row = firstRow; row < firstRow + rowCount; row++)
                {
                    Compute(shape, queries.Span, call, row / count, firstQuery + (row % count), piece.AsSpan(row * keys, keys));
                }
            });
            SequenceChunk tokens = call.Chunk with { TokenIds = call.Chunk.TokenIds.Slice(first, count), FirstPosition = call.Chunk.FirstPosition + first };
            call.Observer!.Observe(
                new(ObservationKind.AttentionProbabilities, block), call.Window, tokens, piece.AsSpan(0, shape.Heads * count * keys), shape.Heads * count, keys);
        }
    }

    /// <summary>The probabilities of one query of one head; 0 where it may not look. Shape [keys].</summary>
    private static void Compute(AttentionShape shape, ReadOnlySpan<float> queries, BlockCall call, int head, int query, Span<float> probabilities)
    {
        int keyValueHead = head / shape.Group;
        int row = (((keyValueHead * call.Tokens) + query) * shape.Group) + (head % shape.Group);
        ReadOnlySpan<float> values = queries.Slice(row * shape.HeadSize, shape.HeadSize);
        int own = call.FirstRow + query;
        int firstKey = shape.FirstKey(own);
        probabilities.Clear();
        Span<float> visible = probabilities[firstKey..(own + 1)];
        for (int key = 0; key < visible.Length; key++)
        {
            visible[key] = TensorPrimitives.Dot(values, call.Cache.Keys(keyValueHead, firstKey + key, 1));
        }

        double total = Softmax.Exponentiate(visible, Softmax.Largest(visible), 1 / MathF.Sqrt(shape.HeadSize));
        TensorPrimitives.Divide(visible, (float)total, visible);
    }
}
