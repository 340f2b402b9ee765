using OutlierQuant.Eval.Scoring;

namespace OutlierQuant.Eval.Tracing;

/// <summary>How the model did with changed weights.</summary>
/// <param name="Change">What was changed.</param>
/// <param name="Row">The weight's output channel; null for a whole column.</param>
/// <param name="Column">Its input channel: the neuron.</param>
/// <param name="Weight">The weight before; null for a whole column.</param>
/// <param name="Score">Perplexity, and the paired difference from the untouched model.</param>
public sealed record WeightControl(WeightChange Change, int? Row, int Column, float? Weight, PairedScore Score);
