using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Circuits;

/// <summary>What is left of the attention to position 0 without a part.</summary>
/// <param name="Part">The part.</param>
/// <param name="IsControl">Whether it is a control, after which all should be left.</param>
/// <param name="Attention">Mean probability that a query behind position 0 gives to it, over heads, queries and windows.</param>
/// <param name="Left">The same, divided by the untouched model's.</param>
/// <param name="LeftCi95">Its 95 % confidence interval, paired over windows; null with one window. The untouched mean counts as known.</param>
public sealed record SinkPartArm(SinkPart Part, bool IsControl, double Attention, double Left, Interval? LeftCi95);
