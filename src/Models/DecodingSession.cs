using OutlierQuant.Models.Blocks;

namespace OutlierQuant.Models;

/// <summary>One sequence that grows: keys and values of its tokens are kept, so that each token is computed once.</summary>
/// <remarks>
/// Equal to the whole forward pass up to rounding, except for activations with one run-time scale per tensor: that scale is found over the
/// tokens of one call.
/// </remarks>
/// <param name="model">The model.</param>
/// <param name="allowBeyondMaxPositions">Whether the sequence may be longer than <c>max_position_embeddings</c>. Learned positions never allow it.</param>
public sealed class DecodingSession(TransformerModel model, bool allowBeyondMaxPositions = false)
{
    private readonly KeyValueCache[] _caches = [.. model.Blocks.Select(_ => model.CreateCache())];
    private readonly Scratch _scratch = new();
    private readonly float[] _logits = new float[model.Config.VocabularySize];
    private bool _startsWithBos;

    /// <summary>Gets the model.</summary>
    public TransformerModel Model => model;

    /// <summary>Gets the number of tokens so far: the position of the next one.</summary>
    public int Position { get; private set; }

    /// <summary>Computes more tokens of the sequence.</summary>
    /// <param name="ids">Token ids, at least one.</param>
    /// <returns>Logits of the last token, valid until the next call. Shape <c>[vocabulary]</c>.</returns>
    /// <exception cref="ArgumentException">There are no tokens or too many, or an id is not in the vocabulary. The sequence is as before.</exception>
    public ReadOnlyMemory<float> Append(ReadOnlySpan<int> ids)
    {
        model.CheckTokens(ids, Position, allowBeyondMaxPositions, "The sequence");
        int hiddenSize = model.Config.HiddenSize;
        _startsWithBos = Position == 0 ? ids[0] == model.Config.BosTokenId : _startsWithBos;
        SequenceChunk chunk = new(ids.ToArray(), Position, _startsWithBos);
        float[] hidden = new float[ids.Length * hiddenSize];
        model.Embed(chunk, hidden);
        for (int block = 0; block < _caches.Length; block++)
        {
            model.RunBlock(model.Blocks[block], hidden, CallOf(chunk, _caches[block]));
        }

        Position += ids.Length;
        SequenceChunk last = new(chunk.TokenIds[^1..], Position - 1, _startsWithBos);
        Memory<float> lastHidden = hidden.AsMemory((ids.Length - 1) * hiddenSize);
        model.Finish(lastHidden, CallOf(last, _caches[^1]));
        model.ComputeLogits(lastHidden, 1, last, _logits);
        return _logits;
    }

    private BlockCall CallOf(SequenceChunk chunk, KeyValueCache cache) => new(chunk, 0, cache, _scratch, model.Context, null);
}
