namespace OutlierQuant.Eval.Tracing;

/// <summary>What rounding costs the tokens that do not hold the spike, with one element rounded like everything and with it kept in float and out of the scale.</summary>
/// <remarks>Ratios are <c>10 · log10(Σ y² / Σ (y − ŷ)²)</c> in decibels over those tokens; null where that is not a finite number. One symmetric scale, <c>absMax / qMax</c> over all windows.</remarks>
/// <param name="Element">What is kept: "neuron 54", "channel 41", "channels 41, 206", "the tokens", "weight (41, 54)".</param>
/// <param name="Rounded">What is rounded: the input of a linear, the output of a block, a row of a weight matrix.</param>
/// <param name="Compared">What the error is measured in: the output of linears, or the rounded values themselves.</param>
/// <param name="Bits">Width of a code: 8 or 4.</param>
/// <param name="Sqnr">The ratio with the element rounded.</param>
/// <param name="SqnrKept">The ratio with the element kept.</param>
/// <param name="ErrorShare">The share of the error's energy that goes away when the element is kept, <c>1 − Σ(y − ŷ_kept)² / Σ(y − ŷ)²</c>; below 0 where keeping does harm. Null where nothing is lost.</param>
public sealed record ElementError(string Element, string Rounded, string Compared, int Bits, double? Sqnr, double? SqnrKept, double? ErrorShare);
