using OutlierQuant.Training.Measuring;

namespace OutlierQuant.Cli.Documents;

/// <summary>A run in <see cref="HistoryDocument"/>.</summary>
/// <param name="Name">The name of its directory.</param>
/// <param name="Parameters">Number of parameters.</param>
/// <param name="LargestRatio">The largest ratio of any measurement.</param>
/// <param name="Last">The last measurement.</param>
internal sealed record HistoryRun(string Name, int Parameters, double LargestRatio, TrainingRecord Last);
