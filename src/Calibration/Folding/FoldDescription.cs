using System.Numerics.Tensors;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Models.Folding;

namespace OutlierQuant.Calibration.Folding;

/// <summary>What a fold is, without its numbers: enough to tell whether two folds of one model are the same.</summary>
/// <param name="Prefix">The tokens that left the stream, in order; empty when the constants stand for none.</param>
/// <param name="BosTokenId">The token that stands for the prefix at the start of a sequence; null without a prefix.</param>
/// <param name="Slots">Constant pairs of keys and values for each head: as many as tokens, or fewer where they were merged.</param>
/// <param name="DroppedValues">Constant values that are 0, over all blocks, heads and slots.</param>
public sealed record FoldDescription(IReadOnlyList<FoldedToken> Prefix, int? BosTokenId, int Slots, int DroppedValues)
{
    /// <summary>Describes a fold.</summary>
    /// <param name="fold">The fold.</param>
    /// <param name="tokenizer">The model's tokenizer, for the texts.</param>
    public static FoldDescription Of(Fold fold, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(fold);
        ArgumentNullException.ThrowIfNull(tokenizer);
        return new FoldDescription(
            [.. (fold.Prefix?.TokenIds ?? []).Select(id => new FoldedToken(id, tokenizer.PieceText(id)))],
            fold.Prefix?.BosTokenId,
            fold.Slots,
            CountDropped(fold));
    }

    /// <summary>Tells whether a fold is the one described: the same tokens, slots and number of dropped values.</summary>
    /// <param name="fold">A fold of the same model, or null for none.</param>
    public bool Describes(Fold? fold) =>
        fold is not null && fold.Slots == Slots && fold.Prefix?.BosTokenId == BosTokenId && CountDropped(fold) == DroppedValues
        && (fold.Prefix?.TokenIds ?? []).SequenceEqual(Prefix.Select(token => token.TokenId));

    /// <summary>Returns the prefix for people, for example <c>['.' &lt;s&gt;] (ids 13, 1)</c>, and what was done to it.</summary>
    public override string ToString() =>
        Prefix.Count == 0
            ? $"{Slots} constant pairs a head"
            : $"[{string.Join(" ", Prefix.Select(token => token.Token))}] (token id{(Prefix.Count == 1 ? "" : "s")} {string.Join(", ", Prefix.Select(token => token.TokenId))})"
                + (Slots == Prefix.Count ? "" : $" merged into {Slots}")
                + (DroppedValues == 0 ? "" : $" with {DroppedValues} values dropped");

    /// <summary>Names a model's fold by its token ids, where no tokenizer is at hand.</summary>
    internal static string Name(Fold? fold) => fold is null
        ? "not folded"
        : $"folded at token ids {string.Join(", ", fold.Prefix?.TokenIds ?? [])} in {fold.Slots} slots with {CountDropped(fold)} values dropped";

    private static int CountDropped(Fold fold)
    {
        int dropped = 0;
        foreach (AttentionConstants block in fold.Blocks)
        {
            for (int start = 0; start < block.Values.Length; start += block.HeadSize)
            {
                dropped += TensorPrimitives.MaxMagnitude(block.Values.Span.Slice(start, block.HeadSize)) == 0 ? 1 : 0;
            }
        }

        return dropped;
    }
}
