namespace OutlierQuant.Calibration.Profiles;

/// <summary>A detector's findings with the threshold it used.</summary>
/// <typeparam name="T">What it finds.</typeparam>
/// <param name="Threshold">The value that a finding must exceed; its unit is the detector's.</param>
/// <param name="Found">One entry for every place looked at, in the model's order, whether or not it exceeds the threshold.</param>
public sealed record Findings<T>(double Threshold, IReadOnlyList<T> Found);
