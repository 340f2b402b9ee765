namespace OutlierQuant.Training.Runs;

/// <summary>How a call of a run ended.</summary>
/// <param name="History">The record so far.</param>
/// <param name="Architecture">The architecture of the checkpoint.</param>
/// <param name="Step">Steps done.</param>
/// <param name="IsComplete">Whether all steps are done; if not, the run was stopped and can be resumed.</param>
public sealed record TrainingOutcome(TrainingHistory History, string Architecture, int Step, bool IsComplete);
