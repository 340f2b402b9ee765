namespace OutlierQuant.Eval.Statistics;

/// <summary>Counts numbers from 0 to 1 in bins of 0.001, for quantiles of more numbers than memory should hold.</summary>
public sealed class UnitHistogram
{
    private const int Bins = 1000;

    private readonly long[] _counts = new long[Bins];
    private double _sum;

    /// <summary>Gets how many numbers came.</summary>
    public long Count { get; private set; }

    /// <summary>Gets their mean, from the numbers themselves; 0 before the first.</summary>
    public double Mean => Count == 0 ? 0 : _sum / Count;

    /// <summary>Takes one number.</summary>
    /// <param name="value">From 0 to 1; what rounding puts beyond is counted at the end.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is NaN.</exception>
    public void Add(double value)
    {
        if (double.IsNaN(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "A number from 0 to 1 is needed.");
        }

        _counts[(int)(Math.Clamp(value, 0, 1 - (0.5 / Bins)) * Bins)]++;
        _sum += value;
        Count++;
    }

    /// <summary>Returns the upper end of the bin that holds the number of rank <c>max(1, ceil(share · Count))</c> in rising order; 0 before the first number.</summary>
    /// <param name="share">From 0 to 1.</param>
    public double Quantile(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        var below = 0L;
        for (var bin = 0; bin < Bins; bin++)
        {
            below += _counts[bin];
            if (below >= rank)
            {
                return (bin + 1.0) / Bins;
            }
        }

        return 0;
    }
}
