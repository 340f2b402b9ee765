using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Blocks;

/// <summary>One computation of a block: which tokens, what they may attend to, and who watches.</summary>
internal sealed record BlockCall(SequenceChunk Chunk, int Window, KeyValueCache Cache, Scratch Scratch, ComputeContext Context, IForwardObserver? Observer)
{
    public int Tokens => Chunk.TokenIds.Length;

    /// <summary>Gets the first token's row in the cache, once that has room for the tokens. Attention compares rows: how far apart tokens are, not at which positions.</summary>
    public int FirstRow => Cache.Count - Tokens;

    /// <summary>Computes a linear after showing its input [tokens, inFeatures] to the observer.</summary>
    public void Multiply(Linear linear, ReadOnlyMemory<float> input, Memory<float> output) => Multiply([linear], input, [output]);

    /// <summary>Computes linears that share an input [tokens, inFeatures], after showing it to the observer as the input of each.</summary>
    public void Multiply(IReadOnlyList<Linear> linears, ReadOnlyMemory<float> input, IReadOnlyList<Memory<float>> outputs)
    {
        foreach (Linear linear in linears)
        {
            Show(new(ObservationKind.LinearInput, linear.Block, linear.Name), input.Span, Tokens, linear.InFeatures);
        }

        LinearLoop.Run(linears, input, Tokens, Chunk, outputs, Context);
    }

    /// <summary>Whether the observer wants a point.</summary>
    public bool IsWanted(ObservationPoint point) => Observer is not null && Observer.Wants(point);

    /// <summary>Shows values [rows, columns] to the observer if it wants them.</summary>
    public void Show(ObservationPoint point, ReadOnlySpan<float> values, int rows, int columns)
    {
        if (IsWanted(point))
        {
            Observer!.Observe(point, Window, Chunk, values, rows, columns);
        }
    }
}
