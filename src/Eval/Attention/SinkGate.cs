namespace OutlierQuant.Eval.Attention;

/// <summary>Attention with a sink at position 0 in closed form: the sink's share is a gate on what the head does otherwise.</summary>
/// <remarks>
/// <c>out = (1 − s) · v′ + s · out_rest</c> with <c>s = Z_rest / (Z_rest + e^(q · k′ / √headSize))</c>, where k′ and v′ are the sink's key and value,
/// <c>Z_rest = Σ e^(q · k / √headSize)</c> over the other keys that the query sees, and <c>out_rest</c> is attention over those alone.
/// </remarks>
internal static class SinkGate
{
    /// <summary>Computes s from the scores of one query. 0 where the query sees nothing but the sink, 1 where it does not see the sink.</summary>
    /// <param name="scores">Scaled scores of the keys up to the query, −∞ where it may not look. Shape <c>[query + 1]</c>.</param>
    public static double Of(ReadOnlySpan<float> scores)
    {
        if (float.IsNegativeInfinity(scores[0]))
        {
            return 1;
        }

        // e^(score − the sink's) keeps its precision where the sink takes nearly everything; where it overflows, s is 1 to rounding.
        var rest = 0.0;
        foreach (var score in scores[1..])
        {
            rest += Math.Exp((double)score - scores[0]);
        }

        return double.IsInfinity(rest) ? 1 : rest / (rest + 1);
    }

    /// <summary>Computes the closed form of one query.</summary>
    /// <param name="scores">Scaled scores of the keys up to the query. Shape <c>[query + 1]</c>.</param>
    /// <param name="values">Values of at least these keys, the sink's first. Shape <c>[keys, headSize]</c>.</param>
    /// <param name="output">Receives <c>out</c>. Shape <c>[headSize]</c>.</param>
    public static void Attend(ReadOnlySpan<float> scores, ReadOnlySpan<float> values, Span<double> output)
    {
        var gate = Of(scores);
        var headSize = output.Length;
        var largest = float.NegativeInfinity;
        foreach (var score in scores[1..])
        {
            largest = Math.Max(largest, score);
        }

        output.Clear();
        var total = 0.0;
        for (var key = 1; key < scores.Length && !float.IsNegativeInfinity(largest); key++)
        {
            var weight = Math.Exp((double)scores[key] - largest);
            total += weight;
            for (var i = 0; i < headSize; i++)
            {
                output[i] += weight * values[(key * headSize) + i];
            }
        }

        for (var i = 0; i < headSize; i++)
        {
            output[i] = ((1 - gate) * values[i]) + (total == 0 ? 0 : gate * output[i] / total);
        }
    }
}
