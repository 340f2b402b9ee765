namespace OutlierQuant.Calibration.Profiles;

/// <summary>How the largest absolute value of a token (over its channels) is distributed over all tokens of the calibration set.</summary>
/// <remarks>Quantile <c>q</c> of <c>n</c> values is the one of rank <c>max(1, ceil(q · n))</c> in rising order: always a value that occurred.</remarks>
/// <param name="Quantile0">The smallest.</param>
/// <param name="Quantile50">The quantile at 50 %.</param>
/// <param name="Quantile90">The quantile at 90 %.</param>
/// <param name="Quantile99">The quantile at 99 %.</param>
/// <param name="Quantile999">The quantile at 99.9 %.</param>
/// <param name="Quantile100">The largest.</param>
public sealed record TokenAbsMaxQuantiles(float Quantile0, float Quantile50, float Quantile90, float Quantile99, float Quantile999, float Quantile100);
