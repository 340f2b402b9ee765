using OutlierQuant.Training.Measuring;

namespace OutlierQuant.Training.Runs;

/// <summary>How far a run is.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps of the run.</param>
/// <param name="Tokens">Tokens trained on.</param>
/// <param name="TotalTokens">Tokens of the run.</param>
/// <param name="Record">A measurement that was just made, or null.</param>
/// <param name="TokensPerSecond">The speed since the measurement before; null without a measurement, and at the first.</param>
public readonly record struct TrainingProgress(int Step, int Steps, long Tokens, long TotalTokens, TrainingRecord? Record, double? TokensPerSecond);
