namespace OutlierQuant.Calibration.Profiles;

/// <summary>Outlier tokens at the input of one down projection (<c>prefixquant</c>).</summary>
/// <param name="Block">Index of the block.</param>
/// <param name="Linear">Name of the down projection.</param>
/// <param name="MaxRatio">Largest token absmax over its window's median token absmax.</param>
/// <param name="OutlierTokens">Tokens above the threshold, over all windows.</param>
/// <param name="MeanPerWindow"><c>OutlierTokens / windows</c>.</param>
/// <param name="Tokens">The most frequent of them, at most eight.</param>
public sealed record PrefixQuantFinding(int Block, string Linear, double MaxRatio, int OutlierTokens, double MeanPerWindow, IReadOnlyList<TokenCount> Tokens);
