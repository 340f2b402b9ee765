using OutlierQuant.Training.Measuring;

namespace OutlierQuant.Training.Runs;

/// <summary>One line of <c>log.jsonl</c>.</summary>
/// <param name="TokensPerSecond">Tokens trained on per second since the last measurement; null before the first step.</param>
/// <param name="Record">The measurement.</param>
internal sealed record LogLine(double? TokensPerSecond, TrainingRecord Record);
