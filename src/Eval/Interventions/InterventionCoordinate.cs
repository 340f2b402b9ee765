using OutlierQuant.Calibration;

namespace OutlierQuant.Eval.Interventions;

/// <summary>Where an intervention acts: one channel at one class of tokens.</summary>
/// <param name="Channel">Index in the hidden dimension.</param>
/// <param name="TokenClass">The class of the tokens.</param>
/// <param name="Mean">Mean of the value over the calibration text.</param>
public readonly record struct InterventionCoordinate(int Channel, TokenClass TokenClass, double Mean);
