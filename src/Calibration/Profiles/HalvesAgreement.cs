namespace OutlierQuant.Calibration.Profiles;

/// <summary>Whether the two halves of the calibration text give the same coordinates.</summary>
/// <param name="FirstHalf">The massive coordinates (or the candidates, when nothing is massive) of the first half of the windows, strongest first: "channel 41 at BOS".</param>
/// <param name="SecondHalf">Those of the second half.</param>
/// <param name="Jaccard">Size of the intersection over the size of the union; 1 when both are empty.</param>
public sealed record HalvesAgreement(IReadOnlyList<string> FirstHalf, IReadOnlyList<string> SecondHalf, double Jaccard);
