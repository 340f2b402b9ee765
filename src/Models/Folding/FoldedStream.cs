using OutlierQuant.Models.Blocks;
using OutlierQuant.Models.Engines;
using OutlierQuant.Models.Generation;

namespace OutlierQuant.Models.Folding;

/// <summary>The beginning of a sequence whose prefix is folded: the one place that says what such a sequence looks like.</summary>
/// <remarks>
/// Callers give BOS and the tokens after it, and get as many rows back. BOS stands for the whole prefix: it is not computed, its row is the prefix's constant, and the token
/// after it has the position behind the prefix. What watches or changes the stream sees the other tokens only.
/// </remarks>
internal sealed class FoldedStream : IForwardStream
{
    private readonly TransformerModel _model;
    private readonly FoldedPrefix _prefix;
    private readonly IForwardStream? _rest;

    private FoldedStream(TransformerModel model, FoldedPrefix prefix, SequenceChunk chunk, int window, IForwardStream? rest)
    {
        _model = model;
        _prefix = prefix;
        _rest = rest;
        Chunk = chunk;
        Window = window;
    }

    /// <inheritdoc/>
    public SequenceChunk Chunk { get; }

    /// <inheritdoc/>
    public int Window { get; }

    /// <summary>Starts tokens of a sequence on an engine, whether the model is folded or not.</summary>
    /// <param name="engine">Where to compute.</param>
    /// <param name="model">The engine's model.</param>
    /// <param name="chunk">The tokens as callers give them, already checked; the first position counts BOS as one.</param>
    /// <param name="window">0-based window, for the observer.</param>
    /// <param name="observer">Who watches; null for nobody.</param>
    public static IForwardStream Start(IForwardEngine engine, TransformerModel model, SequenceChunk chunk, int window, IForwardObserver? observer)
    {
        if (model.Fold?.Prefix is not FoldedPrefix prefix)
        {
            return engine.Start(chunk, window, observer);
        }

        SequenceChunk placed = chunk with { FirstPosition = chunk.FirstPosition + prefix.ExtraPositions, StartsWithBos = true };
        if (chunk.FirstPosition > 0)
        {
            return engine.Start(placed, window, observer);
        }

        SequenceChunk rest = placed with { TokenIds = chunk.TokenIds[1..], FirstPosition = prefix.TokenIds.Count };
        return new FoldedStream(model, prefix, placed, window, rest.TokenIds.IsEmpty ? null : engine.Start(rest, window, observer));
    }

    /// <inheritdoc/>
    public void RunBlock(TransformerBlock block) => _rest?.RunBlock(block);

    /// <inheritdoc/>
    public ReadOnlyMemory<float> Finish(int firstToken)
    {
        if (firstToken > 0)
        {
            return _rest!.Finish(firstToken - 1);
        }

        int size = _prefix.FinalHidden.Length;
        float[] rows = new float[Chunk.TokenIds.Length * size];
        _prefix.FinalHidden.CopyTo(rows);
        _rest?.Finish(0).CopyTo(rows.AsMemory(size));
        return rows;
    }

    /// <inheritdoc/>
    public void FinishLast(Memory<float> logits)
    {
        if (_rest is null)
        {
            _model.ComputeLogits(_prefix.FinalHidden, 1, Chunk, logits);
            return;
        }

        _rest.FinishLast(logits);
    }

    /// <inheritdoc/>
    public int FinishAndChoose(TokenSampler sampler, Memory<float> room)
    {
        if (_rest is not null)
        {
            return _rest.FinishAndChoose(sampler, room);
        }

        FinishLast(room);
        return sampler.Choose(room.Span);
    }

    /// <inheritdoc/>
    public void Dispose() => _rest?.Dispose();
}
