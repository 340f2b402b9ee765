namespace OutlierQuant.Calibration.Statistics;

/// <summary>Mean and standard deviation of numbers that come one at a time, exact for equal numbers.</summary>
/// <remarks>Welford's update and Chan's merge: for numbers that are all equal the mean is that number and the deviation exactly 0.</remarks>
public struct RunningMoments
{
    private double _squaredDeviations;

    /// <summary>How many numbers came.</summary>
    public int Count { get; private set; }

    /// <summary>Their arithmetic mean; 0 before the first.</summary>
    public double Mean { get; private set; }

    /// <summary>Their standard deviation, with <c>Count − 1</c> in the denominator; 0 for fewer than two.</summary>
    public readonly double StandardDeviation => Count < 2 ? 0 : Math.Sqrt(_squaredDeviations / (Count - 1));

    /// <summary>Takes one more number.</summary>
    /// <param name="value">A finite number.</param>
    public void Add(double value)
    {
        Count++;
        double distance = value - Mean;
        Mean += distance / Count;
        _squaredDeviations += distance * (value - Mean);
    }

    /// <summary>Computes the moments of the numbers of both.</summary>
    /// <param name="other">The other numbers' moments.</param>
    public readonly RunningMoments Merge(RunningMoments other)
    {
        if (Count == 0 || other.Count == 0)
        {
            return Count == 0 ? other : this;
        }

        int count = Count + other.Count;
        double distance = other.Mean - Mean;
        return new RunningMoments
        {
            Count = count,
            Mean = Mean + (distance * other.Count / count),
            _squaredDeviations = _squaredDeviations + other._squaredDeviations + (distance * distance * Count * other.Count / count),
        };
    }
}
