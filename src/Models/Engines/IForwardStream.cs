using OutlierQuant.Models.Blocks;
using OutlierQuant.Models.Generation;

namespace OutlierQuant.Models.Engines;

/// <summary>The residual stream of some tokens on its way through the blocks.</summary>
internal interface IForwardStream : IDisposable
{
    /// <summary>Gets which tokens they are.</summary>
    SequenceChunk Chunk { get; }

    /// <summary>Gets the 0-based window.</summary>
    int Window { get; }

    /// <summary>Computes a block and the transforms of its output, in place.</summary>
    void RunBlock(TransformerBlock block);

    /// <summary>Applies the final norm from one token on.</summary>
    /// <param name="firstToken">0-based token of the chunk.</param>
    /// <returns>Valid until the stream is disposed. Shape [tokens − firstToken, hiddenSize].</returns>
    ReadOnlyMemory<float> Finish(int firstToken);

    /// <summary>Applies the final norm to the last token, and computes its logits.</summary>
    /// <param name="logits">Receives them. Shape [vocabulary].</param>
    void FinishLast(Memory<float> logits);

    /// <summary>Applies the final norm to the last token, and chooses the next one by its logits.</summary>
    /// <param name="sampler">How to choose.</param>
    /// <param name="room">Room for logits; what it holds afterwards is undefined. Shape [vocabulary].</param>
    /// <exception cref="InvalidOperationException">A logit is NaN or positive infinity.</exception>
    int FinishAndChoose(TokenSampler sampler, Memory<float> room);
}
