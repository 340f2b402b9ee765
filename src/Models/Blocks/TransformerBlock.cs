using System.Numerics.Tensors;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Blocks;

/// <summary>One decoder block: <c>h += attention(norm(h)); h += mlp(norm(h))</c>, or with the norms where <see cref="NormPlacement"/> puts them.</summary>
internal sealed record TransformerBlock(int Index, Norm AttentionNorm, SelfAttention Attention, Norm MlpNorm, Mlp Mlp)
{
    // Adding fewer takes less time than waking a thread.
    private const int FloatsPerRange = 1 << 14;

    /// <summary>Gets where the norms stand. After the addition, <see cref="AttentionNorm"/> and <see cref="MlpNorm"/> are what stands there.</summary>
    public NormPlacement Placement { get; init; }

    /// <summary>Gets the norm over what attention adds, or null.</summary>
    public Norm? AttentionOutputNorm { get; init; }

    /// <summary>Gets the norm over what the MLP adds, or null.</summary>
    public Norm? MlpOutputNorm { get; init; }

    /// <summary>Gets the linears in the order of computation.</summary>
    public IEnumerable<Linear> Linears
    {
        get
        {
            foreach (Linear linear in Attention.QueryKeyValue)
            {
                yield return linear;
            }

            if (Attention.Gate is not null)
            {
                yield return Attention.Gate;
            }

            yield return Attention.Output;
            if (Mlp.Gate is not null)
            {
                yield return Mlp.Gate;
            }

            yield return Mlp.Up;
            yield return Mlp.Down;
        }
    }

    /// <summary>Gets the floats for each token that the buffers of a call hold, keys and values included, and one linear's input in the form that a kernel multiplies.</summary>
    public int BufferFeatures =>
        (2 * AttentionNorm.Size)
        + Attention.QueryKeyValue.Sum(linear => linear.OutFeatures)
        + (Attention.Gate?.OutFeatures ?? 0)
        + (2 * (Attention.Shape.QuerySize + Attention.Shape.KeyValueSize))
        + ((Mlp.Gate is null ? 1 : 2) * Mlp.Up.OutFeatures)
        + Linears.Max(linear => linear.InFeatures);

    /// <summary>Gives the same block with other linears.</summary>
    public TransformerBlock With(Func<Linear, Linear> replace) => this with
    {
        Attention = Attention with
        {
            QueryKeyValue = [.. Attention.QueryKeyValue.Select(replace)],
            Gate = Attention.Gate is null ? null : replace(Attention.Gate),
            Output = replace(Attention.Output),
        },
        Mlp = Mlp with { Gate = Mlp.Gate is null ? null : replace(Mlp.Gate), Up = replace(Mlp.Up), Down = replace(Mlp.Down) },
    };

    /// <summary>Computes the block for some tokens of one sequence, in place, and shows the output to the observer.</summary>
    /// <param name="hidden">The residual stream. Shape [tokens, hiddenSize].</param>
    /// <param name="call">Tokens, cache, buffers.</param>
    public void Forward(Memory<float> hidden, BlockCall call)
    {
        int hiddenSize = AttentionNorm.Size;
        Memory<float> normed = call.Scratch.Take(Scratch.Part.Normed, call.Tokens, hiddenSize);
        Memory<float> added = call.Scratch.Take(Scratch.Part.Added, call.Tokens, hiddenSize);

        if (Placement == NormPlacement.Post)
        {
            Attention.Forward(hidden, added, call);
            AttentionNorm.AddAndApply(hidden, added, call.Tokens, normed, call.Context);
            Mlp.Forward(normed, added, call);
            MlpNorm.AddAndApply(normed, added, call.Tokens, hidden, call.Context);
        }
        else
        {
            AttentionNorm.Apply(hidden, call.Tokens, normed, call.Context);
            Attention.Forward(normed, added, call);
            AttentionOutputNorm?.Apply(added, call.Tokens, added, call.Context);
            MlpNorm.AddAndApply(hidden, added, call.Tokens, normed, call.Context);
            Mlp.Forward(normed, added, call);
            MlpOutputNorm?.Apply(added, call.Tokens, added, call.Context);
            Add(hidden, added, call);
        }

        call.Show(new(ObservationKind.BlockOutput, Index), hidden.Span, call.Tokens, hiddenSize);
    }

    private static void Add(Memory<float> hidden, ReadOnlyMemory<float> added, BlockCall call)
    {
        using PartClock clock = call.Context.Measure(ForwardPart.BlockOutput);
        call.Context.Team.Run(hidden.Length, FloatsPerRange, (first, count) =>
        {
            Span<float> stream = hidden.Span.Slice(first, count);
            TensorPrimitives.Add(stream, added.Span.Slice(first, count), stream);
        });
    }
}
