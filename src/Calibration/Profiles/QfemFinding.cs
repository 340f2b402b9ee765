namespace OutlierQuant.Calibration.Profiles;

/// <summary>The score of the modules that share one input (<c>qfem</c>).</summary>
/// <param name="Block">Index of the block; −1 for the output head.</param>
/// <param name="Linears">Names of the linears.</param>
/// <param name="Score">Mean over windows of the largest token absmax over the median token absmax.</param>
/// <param name="IsOutlier">Whether the score exceeds the threshold: the method would keep these modules' activations in float.</param>
public sealed record QfemFinding(int Block, IReadOnlyList<string> Linears, double Score, bool IsOutlier);
