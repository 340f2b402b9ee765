using OutlierQuant.Models;

namespace OutlierQuant.Eval.Circuits;

/// <summary>Computes effective positions: row i of the position table, and what the MLP of block 0 adds to that row alone.</summary>
/// <remarks>Ran-Milo et al., arXiv:2604.14722. A pass of the model without the token table and without the attention of block 0 leaves exactly that at block 0's output.</remarks>
internal static class EffectivePositions
{
    /// <summary>Computes those of a window.</summary>
    /// <param name="model">A model with a position table.</param>
    /// <param name="window">Any tokens. Shape <c>[positions]</c>.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>Shape <c>[positions, hiddenSize]</c>.</returns>
    public static float[] Of(TransformerModel model, int[] window, CancellationToken cancellation)
    {
        using var positionsOnly = model.With(
            linear => linear.Block == 0 && linear.Role == LinearRole.AttentionOutput ? new ZeroLinear(linear) : linear,
            embedding: new EmbeddingChange { WithoutTokens = true });
        var output = new BlockZeroOutput(window.Length * model.Config.HiddenSize);
        new ForwardPass(positionsOnly).Run([window], output, new ForwardOptions { Observer = output, Cancellation = cancellation });
        return output.Values;
    }

    private sealed class BlockZeroOutput(int size) : IForwardObserver, IWindowConsumer
    {
        public float[] Values { get; } = new float[size];

        public bool Wants(ObservationPoint point) => point is { Kind: ObservationKind.BlockOutput, Block: 0 };

        public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns) =>
            values[..(rows * columns)].CopyTo(Values.AsSpan(chunk.FirstPosition * columns));

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
        }
    }
}
