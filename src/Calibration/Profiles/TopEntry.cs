namespace OutlierQuant.Calibration.Profiles;

/// <summary>One large entry of a block's output.</summary>
/// <param name="Window">Index of the calibration window.</param>
/// <param name="Position">Position of the token in the window.</param>
/// <param name="TokenId">The token's id.</param>
/// <param name="Token">The token's text, control characters escaped.</param>
/// <param name="TokenClass">The token's class.</param>
/// <param name="Channel">Index in the hidden dimension.</param>
/// <param name="Value">The signed value.</param>
/// <param name="Ratio"><c>|Value| / median</c>, the block's <see cref="BlockProfile.Median"/>.</param>
public sealed record TopEntry(int Window, int Position, int TokenId, string Token, TokenClass TokenClass, int Channel, float Value, double Ratio);
