using System.Numerics.Tensors;

namespace OutlierQuant.Models.Blocks;

/// <summary>Scales what each head attended to: <c>attended[t, h] · sigmoid(gates[t, h])</c>; Qiu et al., arXiv:2505.06708.</summary>
internal static class HeadGate
{
    private const int TokensPerRange = 16;

    /// <summary>Scales in place.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="gates">What goes through the sigmoid. Shape [tokens, heads].</param>
    /// <param name="attended">Shape [tokens, heads · headSize].</param>
    /// <param name="call">Tokens and threads.</param>
    public static void Apply(AttentionShape shape, ReadOnlyMemory<float> gates, Memory<float> attended, BlockCall call)
    {
        using PartClock clock = call.Context.Measure(ForwardPart.Attention);
        call.Context.Team.Run(call.Tokens, TokensPerRange, (first, count) =>
        {
            ReadOnlySpan<float> gate = gates.Span;
            for (int head = first * shape.Heads; head < (first + count) * shape.Heads; head++)
            {
                Span<float> values = attended.Span.Slice(head * shape.HeadSize, shape.HeadSize);
                TensorPrimitives.Multiply(values, (float)(1 / (1 + Math.Exp(-gate[head]))), values);
            }
        });
    }
}
