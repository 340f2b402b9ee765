namespace OutlierQuant.Eval.Forecasting;

/// <summary>A forecast that is far off.</summary>
/// <param name="Place">The linear, or "output of block N".</param>
/// <param name="Sqnr">What was forecast, in decibels.</param>
/// <param name="MeasuredSqnr">What was measured, in decibels.</param>
public sealed record ForecastMiss(string Place, double Sqnr, double MeasuredSqnr);
