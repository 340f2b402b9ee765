using OutlierQuant.Models;

namespace OutlierQuant.Eval.Circuits;

/// <summary>Exchanges the effective positions of two tokens at the output of block 0.</summary>
/// <param name="first">A position.</param>
/// <param name="second">Another.</param>
/// <param name="effective">The effective positions. Shape <c>[positions, hiddenSize]</c>.</param>
internal sealed class PositionExchange(int first, int second, float[] effective) : IBlockOutputTransform
{
    /// <inheritdoc/>
    public void Apply(int block, SequenceChunk chunk, Span<float> hidden, int hiddenSize)
    {
        if (block == 0)
        {
            Replace(first, second, chunk, hidden, hiddenSize);
            Replace(second, first, chunk, hidden, hiddenSize);
        }
    }

    private void Replace(int position, int by, SequenceChunk chunk, Span<float> hidden, int hiddenSize)
    {
        var row = position - chunk.FirstPosition;
        for (var channel = 0; channel < hiddenSize && row >= 0 && row < chunk.TokenIds.Length; channel++)
        {
            hidden[(row * hiddenSize) + channel] += effective[(by * hiddenSize) + channel] - effective[(position * hiddenSize) + channel];
        }
    }
}
