namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>Constant keys and values that stand before every sequence: what the tensors <c>fold.…</c> of a checkpoint are.</summary>
public sealed record FoldBlock
{
    /// <summary>The tensor of the keys. Shape <c>[blocks, keyValueHeads, slots, headSize]</c>.</summary>
    public const string KeysName = "fold.keys";

    /// <summary>The tensor of the values. Shape <c>[blocks, keyValueHeads, slots, headSize]</c>.</summary>
    public const string ValuesName = "fold.values";

    /// <summary>The tensor of the prefix's last state after the final norm, only with a prefix. Shape <c>[hiddenSize]</c>.</summary>
    public const string FinalHiddenName = "fold.final_hidden";

    /// <summary>Gets the ids of the tokens that they stand for and that are not in the stream, in order; empty for none.</summary>
    public required IReadOnlyList<int> Prefix { get; init; }

    /// <summary>Gets the token that stands for the prefix at the start of a sequence; null exactly if there is no prefix.</summary>
    public required int? BosTokenId { get; init; }

    /// <summary>Gets the number of pairs for each head.</summary>
    public required int Slots { get; init; }
}
