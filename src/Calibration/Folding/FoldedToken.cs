namespace OutlierQuant.Calibration.Folding;

/// <summary>A token of a folded prefix.</summary>
/// <param name="TokenId">The token's id.</param>
/// <param name="Token">Its text, control characters escaped.</param>
public sealed record FoldedToken(int TokenId, string Token);
