namespace OutlierQuant.Calibration.Profiles;

/// <summary>Where the massive activations appear, and which they are: what interventions and residual arms act on.</summary>
/// <param name="Block">The first massive block, or the candidates' block when nothing is massive.</param>
/// <param name="IsMassive">Whether the coordinates pass the detector; false when they are candidates.</param>
/// <param name="Reason">How the block was chosen, in one sentence.</param>
/// <param name="Coordinates">The coordinates at that block, strongest first.</param>
public sealed record Onset(int Block, bool IsMassive, string Reason, IReadOnlyList<CoordinateStatistics> Coordinates);
