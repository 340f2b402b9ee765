namespace OutlierQuant.Models.Folding;

/// <summary>The tokens that left the residual stream because constants stand for their keys and values.</summary>
/// <remarks>They keep their positions: the first token after them has position <c>TokenIds.Count</c>. In the sequences that callers give, BOS stands for all of them.</remarks>
/// <param name="TokenIds">The tokens, in the order of their positions from 0; at least one.</param>
/// <param name="BosTokenId">The token that sequences begin with, in the place of the prefix.</param>
/// <param name="FinalHidden">What the last of the tokens gives the output head: its residual stream after the final norm. Shape <c>[hiddenSize]</c>.</param>
public sealed record FoldedPrefix(IReadOnlyList<int> TokenIds, int BosTokenId, ReadOnlyMemory<float> FinalHidden)
{
    /// <summary>Gets how many more positions the prefix takes than the BOS that stands for it.</summary>
    public int ExtraPositions => TokenIds.Count - 1;
}
