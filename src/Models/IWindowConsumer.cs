namespace OutlierQuant.Models;

/// <summary>Receives what a <see cref="ForwardPass"/> computes.</summary>
public interface IWindowConsumer
{
    /// <summary>Receives one window. Windows come in order, on the thread that called <see cref="ForwardPass.Run"/>.</summary>
    /// <param name="window">0-based window.</param>
    /// <param name="chunk">The window's tokens.</param>
    /// <param name="finalHidden">The residual stream after the final norm; valid during the call only. Shape <c>[tokens, hiddenSize]</c>.</param>
    void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden);
}
