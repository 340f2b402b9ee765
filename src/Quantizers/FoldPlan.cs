using OutlierQuant.Calibration.Folding;

namespace OutlierQuant.Quantizers;

/// <summary>Which prefix is folded into constant keys and values, and why.</summary>
/// <param name="Description">What is folded.</param>
/// <param name="Reason">Why, in a sentence or two.</param>
public sealed record FoldPlan(FoldDescription Description, string Reason);
