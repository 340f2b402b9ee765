using OutlierQuant.Models.Blocks;
using OutlierQuant.Models.Engines;
using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Generation;

namespace OutlierQuant.Models;

/// <summary>One sequence that grows: keys and values of its tokens are kept, so that each token is computed once.</summary>
/// <remarks>
/// Equal to the whole forward pass up to rounding, except for activations with one run-time scale per tensor: that scale is found over the
/// tokens of one call.
/// </remarks>
/// <param name="model">The model.</param>
/// <param name="allowBeyondMaxPositions">Whether the sequence may be longer than <c>max_position_embeddings</c>. Learned positions never allow it.</param>
public sealed class DecodingSession(TransformerModel model, bool allowBeyondMaxPositions = false) : IDisposable
{
    private readonly IForwardEngine _engine = model.CreateEngine(keepsSequence: true);
    private readonly float[] _logits = new float[model.Config.VocabularySize];
    private bool _startsWithBos;

    /// <summary>Gets the model.</summary>
    public TransformerModel Model => model;

    /// <summary>Gets the number of tokens so far, which is the position of the next one unless a longer prefix than BOS is folded.</summary>
    public int Position { get; private set; }

    /// <summary>Computes more tokens of the sequence.</summary>
    /// <param name="ids">Token ids, at least one.</param>
    /// <returns>Logits of the last token, valid until the next call. Shape <c>[vocabulary]</c>.</returns>
    /// <exception cref="ArgumentException">There are no tokens or too many, or an id is not in the vocabulary. The sequence is as before.</exception>
    public ReadOnlyMemory<float> Append(ReadOnlySpan<int> ids)
    {
        using IForwardStream stream = RunBlocks(ids);
        stream.FinishLast(_logits);
        return _logits;
    }

    /// <summary>Computes more tokens of the sequence, and chooses the next one: where the logits are, so that few come back from a device.</summary>
    /// <param name="ids">Token ids, at least one.</param>
    /// <param name="sampler">How to choose.</param>
    /// <exception cref="ArgumentException">There are no tokens or too many, or an id is not in the vocabulary. The sequence is as before.</exception>
    /// <exception cref="InvalidOperationException">A logit is NaN or positive infinity.</exception>
    internal int AppendAndChoose(ReadOnlySpan<int> ids, TokenSampler sampler)
    {
        using IForwardStream stream = RunBlocks(ids);
        return stream.FinishAndChoose(sampler, _logits);
    }

    /// <summary>Forgets the sequence: gives the memory of keys and values back.</summary>
    public void Dispose() => _engine.Dispose();

    private IForwardStream RunBlocks(ReadOnlySpan<int> ids)
    {
        model.CheckTokens(ids, Position, allowBeyondMaxPositions, "The sequence");
        _startsWithBos = Position == 0 ? ids[0] == model.Config.BosTokenId : _startsWithBos;
        IForwardStream stream = FoldedStream.Start(_engine, model, new(ids.ToArray(), Position, _startsWithBos), 0, null);
        try
        {
            foreach (TransformerBlock block in model.Blocks)
            {
                stream.RunBlock(block);
            }
        }
        catch
        {
            stream.Dispose();
            throw;
        }

        Position += ids.Length;
        return stream;
    }
}
