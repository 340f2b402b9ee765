using OutlierQuant.Training.Measuring;

namespace OutlierQuant.Cli.Documents;

/// <summary>What <c>train --json</c> prints.</summary>
/// <param name="Output">The directory that was written.</param>
/// <param name="Architecture">The architecture of the checkpoint.</param>
/// <param name="Parameters">Number of parameters.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps of the run.</param>
/// <param name="Tokens">Tokens trained on.</param>
/// <param name="TokensPerSecond">Tokens of this call over its time, measurements and checkpoints included; null if no step was left to do.</param>
/// <param name="Last">The last measurement.</param>
internal sealed record TrainDocument(string Output, string Architecture, int Parameters, int Step, int Steps, long Tokens, double? TokensPerSecond, TrainingRecord Last);
