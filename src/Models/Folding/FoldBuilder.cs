using OutlierQuant.Models.Blocks;
using OutlierQuant.Models.Engines;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Folding;

/// <summary>Computes the constants that a prefix of tokens becomes.</summary>
public static class FoldBuilder
{
    /// <summary>Runs the prefix through a full-precision model once, and keeps its keys, values and last hidden state.</summary>
    /// <remarks>Exact, because causal attention lets no later token change them: they are functions of the weights and the prefix alone. They are computed on the CPU.</remarks>
    /// <param name="model">The model in full precision, without a fold.</param>
    /// <param name="tokenIds">The prefix, at least one token. Shape <c>[tokens]</c>.</param>
    /// <param name="bosTokenId">The token that stands for the prefix in the sequences that callers give.</param>
    /// <exception cref="ArgumentException">The model is folded or not in full precision, or the tokens do not fit it.</exception>
    public static Fold Compute(TransformerModel model, IReadOnlyList<int> tokenIds, int bosTokenId)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenIds);
        if (model.Fold is not null)
        {
            throw new ArgumentException("The model is folded already; fold the one that it was made from.", nameof(model));
        }

        if (model.Transforms.Count > 0 || model.Linears.Any(linear => linear is not FloatLinear))
        {
            throw new ArgumentException("The constants of a fold are computed in full precision, and this model is quantized; fold the checkpoint that it was made from.", nameof(model));
        }

        int[] ids = [.. tokenIds];
        model.CheckTokens(ids, 0, allowBeyondMaxPositions: false, "The prefix to fold");
        (IReadOnlyList<AttentionConstants> blocks, float[] finalHidden) = Run(model, ids, ids[0] == bosTokenId);
        Fold fold = new(new FoldedPrefix(ids, bosTokenId, finalHidden), blocks);
        fold.Validate(model.Config);
        return fold;
    }

    /// <summary>Runs one sequence, and gives the keys and values that every block then holds: those of the model's own constants first, then one of each token.</summary>
    /// <remarks>On the CPU. Takes <c>8 · blocks · keyValueHeads · headSize</c> bytes for each token.</remarks>
    /// <param name="model">Any model.</param>
    /// <param name="tokenIds">The sequence. Where the model's prefix is folded it starts with BOS, which has no row of its own. Shape <c>[tokens]</c>.</param>
    /// <exception cref="ArgumentException">The tokens do not fit the model.</exception>
    public static IReadOnlyList<AttentionConstants> KeysAndValues(TransformerModel model, int[] tokenIds)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenIds);
        model.CheckTokens(tokenIds, 0, allowBeyondMaxPositions: false, "The sequence");
        return Run(model, tokenIds, tokenIds[0] == model.Config.BosTokenId).Blocks;
    }

    private static (IReadOnlyList<AttentionConstants> Blocks, float[] LastFinalHidden) Run(TransformerModel model, int[] ids, bool startsWithBos)
    {
        using HostEngine engine = new(model, keepsSequence: true);
        using IForwardStream stream = FoldedStream.Start(engine, model, new SequenceChunk(ids, 0, startsWithBos), 0, null);
        foreach (TransformerBlock block in model.Blocks)
        {
            stream.RunBlock(block);
        }

        return ([.. model.Blocks.Select(block => Constants(engine, block.Index))], stream.Finish(0)[^model.Config.HiddenSize..].ToArray());
    }

    private static AttentionConstants Constants(HostEngine engine, int block)
    {
        try
        {
            return engine.CacheOf(block).ToConstants();
        }
        catch (ArgumentException notFinite)
        {
            throw new ArgumentException($"Block {block}: {notFinite.Message} Check the checkpoint's weights there.", notFinite);
        }
    }
}
