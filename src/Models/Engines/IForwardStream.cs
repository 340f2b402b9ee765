using OutlierQuant.Models.Blocks;

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

    /// <summary>Applies the final norm to the last token, and finds its largest logit: on a device, so that only that one comes back.</summary>
    /// <param name="room">Room for logits; what it holds afterwards is undefined. Shape [vocabulary].</param>
    /// <returns>The logit (NaN if any logit is NaN) and the smallest id that has it (0 for NaN).</returns>
    (float Logit, int Id) FinishLargest(Memory<float> room);
}
