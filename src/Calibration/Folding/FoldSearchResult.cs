namespace OutlierQuant.Calibration.Folding;

/// <summary>What <see cref="FoldSearch"/> tried and found.</summary>
/// <param name="Windows">Windows of the calibration set that it looked at.</param>
/// <param name="Steps">Every prefix that was tried, in order; BOS alone first.</param>
/// <param name="Found">The prefix that was taken.</param>
/// <param name="Suffices">Whether no token behind it holds anything massive.</param>
/// <param name="Reason">Why the search ended there, in one sentence.</param>
public sealed record FoldSearchResult(int Windows, IReadOnlyList<FoldSearchStep> Steps, FoldSearchStep Found, bool Suffices, string Reason);
