namespace OutlierQuant.Eval.Attention;

/// <summary>How the gate <c>s = 1 − p(sink)</c> of one head is distributed over queries.</summary>
/// <remarks>Quantiles come from bins of 0.001 and are their upper ends.</remarks>
/// <param name="Mean">Arithmetic mean.</param>
/// <param name="P05">5 % of the queries have a gate up to this.</param>
/// <param name="P25">25 % of them.</param>
/// <param name="P50">Half of them.</param>
/// <param name="P75">75 % of them.</param>
/// <param name="P95">95 % of them.</param>
public sealed record GateDistribution(double Mean, double P05, double P25, double P50, double P75, double P95);
