using OutlierQuant.Models;

namespace OutlierQuant.Eval;

/// <summary>How far a comparison or a study of interventions has come.</summary>
/// <param name="Arm">Index of the arm at work; 0 is the full-precision model.</param>
/// <param name="ArmCount">Number of arms, the full-precision model included.</param>
/// <param name="Name">Name of the arm at work.</param>
/// <param name="Forward">How far that arm has come.</param>
public readonly record struct ArmProgress(int Arm, int ArmCount, string Name, ForwardProgress Forward);
