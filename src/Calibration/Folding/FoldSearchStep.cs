namespace OutlierQuant.Calibration.Folding;

/// <summary>One prefix that <see cref="FoldSearch"/> tried.</summary>
/// <param name="Prefix">The tokens, in order.</param>
/// <param name="OutlierTokens">Tokens behind it that hold something massive, over the windows of the search.</param>
/// <param name="Most">The most frequent of them, at most eight.</param>
public sealed record FoldSearchStep(IReadOnlyList<FoldedToken> Prefix, int OutlierTokens, IReadOnlyList<FoldedTokenCount> Most);
