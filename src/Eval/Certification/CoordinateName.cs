using OutlierQuant.Calibration;

namespace OutlierQuant.Eval.Certification;

/// <summary>A massive coordinate: one channel at one class of tokens.</summary>
/// <param name="Channel">Index in the hidden dimension.</param>
/// <param name="TokenClass">The class of the tokens.</param>
public readonly record struct CoordinateName(int Channel, TokenClass TokenClass);
