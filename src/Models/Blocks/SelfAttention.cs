using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Blocks;

/// <summary>Causal self-attention: projections, norms and rotation of each head, attention, and the projection back to the residual stream.</summary>
internal sealed record SelfAttention(
    AttentionShape Shape, IReadOnlyList<Linear> QueryKeyValue, Norm? QueryNorm, Norm? KeyNorm, RotaryEmbedding? Rotary, Linear Output)
{
    private const int TokensPerRange = 4;

    /// <summary>Gets the learned constants before every sequence, or null; they are in the cache unless those of a fold are.</summary>
    public AttentionConstants? Constants { get; init; }

    /// <summary>Gets the linear that gives each head's gate, from the same input as queries; or null.</summary>
    public Linear? Gate { get; init; }

    /// <summary>Computes what attention adds to the residual stream.</summary>
    /// <param name="normed">The normalized residual stream. Shape [tokens, hiddenSize].</param>
    /// <param name="added">Receives the result. Shape [tokens, hiddenSize].</param>
    /// <param name="call">Tokens, cache, buffers.</param>
    public void Forward(ReadOnlyMemory<float> normed, Memory<float> added, BlockCall call)
    {
        Memory<float> queries = call.Scratch.Take(Scratch.Part.HeadQueries, call.Tokens, Shape.QuerySize);
        Memory<float> attended = call.Scratch.Take(Scratch.Part.Attended, call.Tokens, Shape.QuerySize);
        Memory<float> gates = call.Scratch.Take(Scratch.Part.HeadGates, call.Tokens, Gate?.OutFeatures ?? 0);
        call.Cache.Extend(call.Tokens);
        Rotary?.Prepare(call.Chunk.FirstPosition + call.Tokens);
        SplitHeads(Project(normed, gates, call), queries, call);
        call.Show(new(ObservationKind.AttentionQueries, Output.Block), queries.Span, call.Tokens * Shape.Heads, Shape.HeadSize);
        Attention.Attend(Shape, queries, attended, call, Output.Block);
        if (Gate is not null)
        {
            HeadGate.Apply(Shape, gates, attended, call);
        }

        call.Multiply(Output, attended, added);
    }

    /// <summary>Where the query, key and value of a token begin: memory, offset in a row, length of a row.</summary>
    private readonly record struct Projection(ReadOnlyMemory<float> Memory, int Offset, int Stride)
    {
        public ReadOnlySpan<float> Head(int token, int head, int headSize) => Memory.Span.Slice((token * Stride) + Offset + (head * headSize), headSize);
    }

    private (Projection Query, Projection Key, Projection Value) Project(ReadOnlyMemory<float> normed, Memory<float> gates, BlockCall call)
    {
        Scratch.Part[] parts = [Scratch.Part.Query, Scratch.Part.Key, Scratch.Part.Value];
        Memory<float>[] outputs = [.. QueryKeyValue.Select((linear, i) => call.Scratch.Take(parts[i], call.Tokens, linear.OutFeatures))];
        if (Gate is null)
        {
            call.Multiply(QueryKeyValue, normed, outputs);
        }
        else
        {
            call.Multiply([.. QueryKeyValue, Gate], normed, [.. outputs, gates]);
        }

        int stride = QueryKeyValue[0].OutFeatures;
        return outputs.Length == 1
            ? (new(outputs[0], 0, stride), new(outputs[0], Shape.QuerySize, stride), new(outputs[0], Shape.QuerySize + Shape.KeyValueSize, stride))
            : (new(outputs[0], 0, stride), new(outputs[1], 0, Shape.KeyValueSize), new(outputs[2], 0, Shape.KeyValueSize));
    }

    /// <summary>Brings queries into the order of key and value heads, and keys and values into the cache, normalized and rotated.</summary>
    private void SplitHeads((Projection Query, Projection Key, Projection Value) source, Memory<float> queries, BlockCall call)
    {
        using PartClock clock = call.Context.Measure(ForwardPart.Rotary);
        int headSize = Shape.HeadSize;
        int firstPosition = call.Chunk.FirstPosition, firstRow = call.FirstRow;
        call.Context.Team.Run(call.Tokens, TokensPerRange, (first, count) =>
        {
            for (int token = first; token < first + count; token++)
            {
                int position = firstPosition + token;
                for (int head = 0; head < Shape.Heads; head++)
                {
                    int row = (((head / Shape.Group * call.Tokens) + token) * Shape.Group) + (head % Shape.Group);
                    Span<float> query = queries.Span.Slice(row * headSize, headSize);
                    NormAndRotate(source.Query.Head(token, head, headSize), query, QueryNorm, position);
                }

                for (int head = 0; head < Shape.KeyValueHeads; head++)
                {
                    NormAndRotate(source.Key.Head(token, head, headSize), call.Cache.KeyAt(head, firstRow + token), KeyNorm, position);
                    source.Value.Head(token, head, headSize).CopyTo(call.Cache.ValueAt(head, firstRow + token));
                }
            }
        });
    }

    private void NormAndRotate(ReadOnlySpan<float> source, Span<float> destination, Norm? norm, int position)
    {
        if (norm is null)
        {
            source.CopyTo(destination);
        }
        else
        {
            norm.ApplyRow(source, destination);
        }

        Rotary?.Rotate(destination, position);
    }
}
