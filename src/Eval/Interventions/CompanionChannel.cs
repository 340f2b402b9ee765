using OutlierQuant.Calibration;

namespace OutlierQuant.Eval.Interventions;

/// <summary>A channel that stands out at massive tokens without being massive itself.</summary>
/// <param name="Channel">Index in the hidden dimension.</param>
/// <param name="TokenClass">The class of the tokens.</param>
/// <param name="Tokens">How many massive tokens it stands out at.</param>
/// <param name="Mean">Mean of its value at those tokens.</param>
public sealed record CompanionChannel(int Channel, TokenClass TokenClass, int Tokens, double Mean);
