using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Calibration.Statistics;

/// <summary>Keeps every token's absmax (4 bytes a token) for exact quantiles.</summary>
internal sealed class TokenAbsMaxAccumulator
{
    private readonly List<float> _values = [];

    /// <summary>Takes the tokens of one window.</summary>
    /// <param name="tokenAbsMax">Absmax of each token. Shape <c>[tokens]</c>.</param>
    public void Add(ReadOnlySpan<float> tokenAbsMax) => _values.AddRange(tokenAbsMax);

    /// <summary>Computes the quantiles of all tokens taken, at least one.</summary>
    public TokenAbsMaxQuantiles ToQuantiles()
    {
        float[] sorted = [.. _values];
        Array.Sort(sorted);
        return new TokenAbsMaxQuantiles(
            sorted[0], Quantile(sorted, 50, 100), Quantile(sorted, 90, 100), Quantile(sorted, 99, 100), Quantile(sorted, 999, 1000), sorted[^1]);
    }

    /// <summary>Finds the value of rank <c>max(1, ceil(numerator · n / denominator))</c>; in integers, because 0.999 is no binary number.</summary>
    internal static float Quantile(ReadOnlySpan<float> sorted, long numerator, long denominator)
    {
        long rank = ((numerator * sorted.Length) + denominator - 1) / denominator;
        return sorted[(int)Math.Max(rank - 1, 0)];
    }
}
