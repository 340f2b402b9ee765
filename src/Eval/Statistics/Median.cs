namespace OutlierQuant.Eval.Statistics;

/// <summary>The median of a few numbers.</summary>
public static class Median
{
    /// <summary>Computes the middle number, or the mean of the two in the middle.</summary>
    /// <param name="values">At least one number, in any order.</param>
    /// <exception cref="ArgumentException">There is no number.</exception>
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0
            ? throw new ArgumentException("The median of no numbers is not defined.", nameof(values))
            : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Computes the median, or null where there is no number.</summary>
    /// <param name="values">Numbers, and nulls that are left out.</param>
    public static double? OfKnown(IEnumerable<double?> values)
    {
        double[] known = [.. values.OfType<double>()];
        return known.Length == 0 ? null : Of(known);
    }
}
