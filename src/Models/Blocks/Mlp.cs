using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Blocks;

/// <summary><c>down(f(gate(x)) · up(x))</c>, or <c>down(f(up(x)))</c> without a gate.</summary>
internal sealed record Mlp(Linear? Gate, Linear Up, Linear Down, ActivationFunction Function)
{
    private const int TokensPerRange = 4;

    /// <summary>Computes what the MLP adds to the residual stream. Shapes [tokens, hiddenSize].</summary>
    public void Forward(ReadOnlyMemory<float> normed, Memory<float> added, BlockCall call)
    {
        int size = Up.OutFeatures;
        Memory<float> gate = call.Scratch.Take(Scratch.Part.Gate, Gate is null ? 0 : call.Tokens, size);
        Memory<float> up = call.Scratch.Take(Scratch.Part.Up, call.Tokens, size);
        if (Gate is null)
        {
            call.Multiply(Up, normed, up);
        }
        else
        {
            call.Multiply([Gate, Up], normed, [gate, up]);
        }

        Activate(gate, up, call);
        call.Multiply(Down, Gate is null ? up : gate, added);
    }

    /// <summary>Puts f(gate) · up in the place of the gate, or f(up) without a gate in the place of up. Shapes [tokens, intermediateSize].</summary>
    private void Activate(Memory<float> gate, Memory<float> up, BlockCall call)
    {
        using PartClock clock = call.Context.Measure(ForwardPart.ActivationFunction);
        int size = Up.OutFeatures;
        call.Context.Team.Run(call.Tokens, TokensPerRange, (first, count) =>
        {
            for (int token = first; token < first + count; token++)
            {
                Span<float> upRow = up.Span.Slice(token * size, size);
                Span<float> target = Gate is null ? upRow : gate.Span.Slice(token * size, size);
                Function.Apply(target, Gate is null ? [] : upRow);
            }
        });
    }
}
