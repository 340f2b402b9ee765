namespace OutlierQuant.Calibration.Profiles;

/// <summary>The detector that defined a massive activation.</summary>
/// <param name="Name"><c>sun2024</c>.</param>
/// <param name="MinMagnitude">The magnitude that an entry must exceed.</param>
/// <param name="MinRatio">The multiple of the median magnitude that it must exceed.</param>
/// <param name="Bos">Whether each window began with the beginning-of-sequence token.</param>
public sealed record MassiveActivationSettings(string Name, double MinMagnitude, double MinRatio, bool Bos);
