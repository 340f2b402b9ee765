namespace OutlierQuant.Eval.Attention;

/// <summary>The sink metric of Gu et al. on one kind of windows.</summary>
/// <remarks>
/// <para>With 0-based positions and windows of T tokens, <c>α(k) = Σ_{i ≥ k} A(i, k) / (T − k)</c> for one head and window, where A(i, k) is the probability that query i
/// gives to key k, and <c>Sink(k)</c> is the share of all heads and windows with <c>α(k) &gt; ε</c>.</para>
/// <para>Gu et al., "When Attention Sink Emerges in Language Models", arXiv:2410.10781, section 3.</para>
/// </remarks>
/// <param name="Tokens">What the windows hold: <c>natural</c>, <c>random</c> or <c>repeated</c> tokens.</param>
/// <param name="Bos">Whether each begins with BOS.</param>
/// <param name="Windows">Number of windows.</param>
/// <param name="SinkByPosition">Sink(k) for the first half of the positions; of later keys too few queries are left. Shape <c>[T / 2]</c>, at least 1.</param>
public sealed record SinkMetric(string Tokens, bool Bos, int Windows, IReadOnlyList<double> SinkByPosition)
{
    /// <summary>Gets the metric at position 0, which Gu et al. tabulate.</summary>
    public double First => SinkByPosition[0];
}
