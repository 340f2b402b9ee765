namespace OutlierQuant.Eval.Forecasting;

/// <summary>How well a scheme's forecasts agree with what was measured.</summary>
/// <param name="Compared">Which two numbers, in words.</param>
/// <param name="Pairs">How many places have both.</param>
/// <param name="Pearson">Correlation coefficient; null for fewer than two pairs or without spread.</param>
/// <param name="Spearman">Rank correlation coefficient; null likewise.</param>
/// <param name="MeanError">Mean of forecast − measured in decibels; null without pairs, or where the two have different units.</param>
/// <param name="MeanAbsoluteError">Mean of |forecast − measured| in decibels; null likewise.</param>
public sealed record ForecastAgreement(string Compared, int Pairs, double? Pearson, double? Spearman, double? MeanError, double? MeanAbsoluteError);
