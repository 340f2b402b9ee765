using System.Numerics.Tensors;
using OutlierQuant.Models.Folding;

namespace OutlierQuant.Calibration.Folding;

/// <summary>What a fold is, without its numbers: enough to tell whether two folds of one model are the same.</summary>
/// <param name="Prefix">Ids of the tokens that left the stream, in order; empty when the constants stand for none.</param>
/// <param name="BosTokenId">The token that stands for the prefix at the start of a sequence; null without a prefix.</param>
/// <param name="Slots">Constant pairs of keys and values for each head: as many as tokens and one more where the model has a trained pair, or fewer where they were merged.</param>
/// <param name="DroppedValues">Constant values that are 0, over all blocks, heads and slots.</param>
public sealed record FoldDescription(IReadOnlyList<int> Prefix, int? BosTokenId, int Slots, int DroppedValues)
{
    /// <summary>Describes a fold.</summary>
    /// <param name="fold">The fold.</param>
    public static FoldDescription Of(Fold fold)
    {
        ArgumentNullException.ThrowIfNull(fold);
        return new FoldDescription(fold.Prefix?.TokenIds ?? [], fold.Prefix?.BosTokenId, fold.Slots, fold.Blocks.Sum(CountDropped));
    }

    /// <summary>Tells whether a fold is the one described: the same tokens, slots and number of dropped values.</summary>
    /// <param name="fold">A fold of the same model, or null for none.</param>
    public bool Describes(Fold? fold) => fold is not null && Of(fold) is var other && other.Prefix.SequenceEqual(Prefix) && other with { Prefix = Prefix } == this;

    /// <summary>Names the fold of a model for messages, for example <c>folded at token ids 13, 1</c>.</summary>
    /// <param name="fold">The description, or null for a model without a fold.</param>
    public static string Name(FoldDescription? fold) => fold is null ? "not folded" : $"folded at {fold}";

    /// <summary>Returns the token ids, and what was done to the pairs.</summary>
    public override string ToString() =>
        (Prefix.Count == 0 ? "no token" : $"token id{(Prefix.Count == 1 ? "" : "s")} {string.Join(", ", Prefix)}")
        + (Slots == Prefix.Count ? "" : $", {Slots} pair{(Slots == 1 ? "" : "s")} a head")
        + (DroppedValues == 0 ? "" : $", {DroppedValues} values dropped");

    private static int CountDropped(AttentionConstants constants)
    {
        int dropped = 0;
        for (int start = 0; start < constants.Values.Length; start += constants.HeadSize)
        {
            dropped += TensorPrimitives.MaxMagnitude(constants.Values.Span.Slice(start, constants.HeadSize)) == 0 ? 1 : 0;
        }

        return dropped;
    }
}
