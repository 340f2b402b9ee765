using OutlierQuant.Calibration.Folding;
using OutlierQuant.Eval.Folding;

namespace OutlierQuant.Cli.Documents;

/// <summary>What <c>quantize</c> folded.</summary>
/// <param name="Description">Prefix, pairs and dropped values.</param>
/// <param name="Cost">What the fold by itself does to predictions; null where it is exact, or no text was given.</param>
/// <param name="Report">Ranges and scales before and after; null where no profile was needed.</param>
internal sealed record QuantizedFold(FoldDescription Description, FoldCost? Cost, FoldReport? Report);
