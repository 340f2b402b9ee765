namespace OutlierQuant.Calibration.Folding;

/// <summary>How often a token held something massive.</summary>
/// <param name="TokenId">The token's id.</param>
/// <param name="Token">Its text, control characters escaped.</param>
/// <param name="Count">Occurrences.</param>
public sealed record FoldedTokenCount(int TokenId, string Token, int Count);
