namespace OutlierQuant.Eval.Statistics;

/// <summary>Correlation coefficients of paired numbers.</summary>
public static class Correlation
{
    /// <summary>Computes Pearson's coefficient, <c>Σ (x − x̄)(y − ȳ) / sqrt(Σ (x − x̄)² · Σ (y − ȳ)²)</c>; null for fewer than two pairs or where one side does not vary.</summary>
    /// <param name="x">Finite numbers.</param>
    /// <param name="y">As many.</param>
    /// <exception cref="ArgumentException">The numbers of values differ.</exception>
    public static double? Pearson(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Count != y.Count)
        {
            throw new ArgumentException($"A correlation needs pairs, but there are {x.Count} and {y.Count} numbers.", nameof(y));
        }

        if (x.Count < 2)
        {
            return null;
        }

        var (meanX, meanY) = (x.Average(), y.Average());
        double xx = 0, yy = 0, xy = 0;
        for (var i = 0; i < x.Count; i++)
        {
            xx += (x[i] - meanX) * (x[i] - meanX);
            yy += (y[i] - meanY) * (y[i] - meanY);
            xy += (x[i] - meanX) * (y[i] - meanY);
        }

        var coefficient = xy / (Math.Sqrt(xx) * Math.Sqrt(yy));
        return double.IsFinite(coefficient) ? coefficient : null;
    }

    /// <summary>Computes Spearman's coefficient: Pearson's of the ranks, equal numbers sharing the mean of their ranks; null where that is.</summary>
    /// <param name="x">Finite numbers.</param>
    /// <param name="y">As many.</param>
    /// <exception cref="ArgumentException">The numbers of values differ.</exception>
    public static double? Spearman(IReadOnlyList<double> x, IReadOnlyList<double> y) => Pearson(Ranks(x), Ranks(y));

    private static double[] Ranks(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        int[] order = [.. Enumerable.Range(0, values.Count).OrderBy(index => values[index])];
        var ranks = new double[order.Length];
        for (var first = 0; first < order.Length;)
        {
            var end = first + 1;
            while (end < order.Length && values[order[end]] == values[order[first]])
            {
                end++;
            }

            for (var i = first; i < end; i++)
            {
                ranks[order[i]] = (first + end + 1) / 2.0;
            }

            first = end;
        }

        return ranks;
    }
}
