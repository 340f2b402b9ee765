using OutlierQuant.Calibration.Statistics;

namespace OutlierQuant.Eval.Certification;

/// <summary>How much the values of one coordinate vary.</summary>
/// <param name="Count">Number of values.</param>
/// <param name="Mean">Their mean; 0 without any.</param>
/// <param name="StandardDeviation">Their standard deviation, with <c>Count − 1</c> in the denominator.</param>
/// <param name="CoefficientOfVariation"><c>StandardDeviation / |Mean|</c>; null for fewer than two values or a mean of 0.</param>
public sealed record ValueStatistics(int Count, double Mean, double StandardDeviation, double? CoefficientOfVariation)
{
    /// <summary>Describes what was gathered.</summary>
    internal static ValueStatistics Of(RunningMoments moments) => new(
        moments.Count,
        moments.Mean,
        moments.StandardDeviation,
        moments.Count < 2 || moments.Mean == 0 ? null : moments.StandardDeviation / Math.Abs(moments.Mean));
}
