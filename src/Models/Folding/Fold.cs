using System.Numerics.Tensors;
using OutlierQuant.Checkpoints.Configuration;

namespace OutlierQuant.Models.Folding;

/// <summary>Constant keys and values of every block, and the prefix of tokens that they stand for.</summary>
/// <remarks>A model has a fold by <see cref="TransformerModel.With"/>, or because its checkpoint holds one. <see cref="FoldBuilder"/> makes that of a prefix.</remarks>
/// <param name="Prefix">The tokens that left the stream; null when the constants stand for none.</param>
/// <param name="Blocks">The constants of each block, all with the same number of slots. They take the place of the trained ones of a model that has such, which are their first slot in the fold of a prefix.</param>
public sealed record Fold(FoldedPrefix? Prefix, IReadOnlyList<AttentionConstants> Blocks)
{
    /// <summary>Gets the number of pairs for each head: the length of the prefix and one more where the model has a trained pair, or fewer where pairs were merged.</summary>
    public int Slots => Blocks[0].Slots;

    /// <summary>Throws unless the fold fits a model.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <exception cref="ArgumentException">It does not; the message says what is there and what is needed.</exception>
    public void Validate(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (Blocks.Count != config.BlockCount)
        {
            throw new ArgumentException($"The fold has constants of {Blocks.Count} blocks; the model has {config.BlockCount} blocks.");
        }

        for (int block = 0; block < Blocks.Count; block++)
        {
            AttentionConstants constants = Blocks[block];
            if (constants.Slots != Slots || constants.Heads != config.KeyValueHeadCount || constants.HeadSize != config.HeadSize)
            {
                throw new ArgumentException(
                    $"The fold has constants [{constants.Heads}, {constants.Slots}, {constants.HeadSize}] (heads, slots, head size) at block {block}; [{config.KeyValueHeadCount}, {Slots}, {config.HeadSize}] are needed.");
            }
        }

        Validate(Prefix, config);
    }

    private static void Validate(FoldedPrefix? prefix, ModelConfig config)
    {
        if (prefix is null)
        {
            return;
        }

        if (prefix.TokenIds.Count == 0 || prefix.TokenIds.Count >= config.MaxPositions)
        {
            throw new ArgumentException($"The folded prefix has {prefix.TokenIds.Count} tokens; the model has {config.MaxPositions} positions, so 1 to {config.MaxPositions - 1} tokens are possible.");
        }

        foreach (int id in (int[])[.. prefix.TokenIds, prefix.BosTokenId])
        {
            if ((uint)id >= (uint)config.VocabularySize)
            {
                throw new ArgumentException($"The fold names token id {id}; the vocabulary has ids 0 to {config.VocabularySize - 1}.");
            }
        }

        if (prefix.FinalHidden.Length != config.HiddenSize || !TensorPrimitives.IsFiniteAll(prefix.FinalHidden.Span))
        {
            throw new ArgumentException($"The fold's final hidden state has {prefix.FinalHidden.Length} numbers; {config.HiddenSize} finite ones are needed.");
        }
    }
}
