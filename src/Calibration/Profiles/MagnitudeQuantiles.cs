namespace OutlierQuant.Calibration.Profiles;

/// <summary>How the magnitudes of all entries of an observed tensor are distributed, over all tokens and channels of the calibration set.</summary>
/// <remarks>
/// Quantile <c>q</c> of <c>n</c> values is the one of rank <c>max(1, ceil(q · n))</c> in rising order, known to 1 part in 256: magnitudes are counted in
/// buckets of 1/128 of a power of two, and the middle of the bucket stands for it. The largest is exact.
/// </remarks>
/// <param name="Quantile50">The median.</param>
/// <param name="Quantile99">The quantile at 99 %.</param>
/// <param name="Quantile999">The quantile at 99.9 %.</param>
/// <param name="Quantile100">The largest.</param>
public sealed record MagnitudeQuantiles(float Quantile50, float Quantile99, float Quantile999, float Quantile100);
