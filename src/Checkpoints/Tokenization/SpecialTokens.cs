namespace OutlierQuant.Checkpoints.Tokenization;

/// <summary>The tokens around a text.</summary>
/// <param name="Before">Ids that are put before the text when special tokens are asked for, usually BOS.</param>
/// <param name="After">Ids that are put after the text, usually none.</param>
/// <param name="BosTokenId">Id of the token that begins a text, or null.</param>
/// <param name="EosTokenId">Id of the token that ends a text, or null.</param>
internal sealed record SpecialTokens(IReadOnlyList<int> Before, IReadOnlyList<int> After, int? BosTokenId, int? EosTokenId);
