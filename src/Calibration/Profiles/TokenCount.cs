namespace OutlierQuant.Calibration.Profiles;

/// <summary>How often a token was found.</summary>
/// <param name="TokenId">The token's id.</param>
/// <param name="Token">Its text, control characters escaped.</param>
/// <param name="TokenClass">Its class.</param>
/// <param name="Count">Occurrences.</param>
public sealed record TokenCount(int TokenId, string Token, TokenClass TokenClass, int Count);
