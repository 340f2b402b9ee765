namespace OutlierQuant.Calibration.Profiles;

/// <summary>Whether the two halves of the calibration text give the same coordinates.</summary>
/// <param name="Block">The block compared: the onset.</param>
/// <param name="FirstHalf">Coordinates that the same rule picks from the first half of the windows, as "channel at class".</param>
/// <param name="SecondHalf">Those of the second half.</param>
/// <param name="Jaccard">Size of the intersection over the size of the union; 1 when both are empty.</param>
public sealed record HalvesAgreement(int Block, IReadOnlyList<string> FirstHalf, IReadOnlyList<string> SecondHalf, double Jaccard);
