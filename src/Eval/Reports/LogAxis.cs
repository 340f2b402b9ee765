namespace OutlierQuant.Eval.Reports;

/// <summary>Maps positive values to pixels on a logarithmic scale, and chooses its ticks.</summary>
internal sealed class LogAxis
{
    private static readonly double[][] s_steps = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7]];

    private readonly double _low;
    private readonly double _perUnit;
    private readonly double _start;

    /// <param name="low">Value at <paramref name="start"/>, positive.</param>
    /// <param name="high">Value at <paramref name="end"/>, above <paramref name="low"/>.</param>
    /// <param name="start">Pixel of the low end.</param>
    /// <param name="end">Pixel of the high end.</param>
    public LogAxis(double low, double high, double start, double end)
    {
        Low = low;
        High = high;
        _low = Math.Log(low);
        _perUnit = (end - start) / (Math.Log(high) - _low);
        _start = start;
    }

    public double Low { get; }

    public double High { get; }

    /// <summary>Returns the pixel of a value; values outside the axis go to its ends.</summary>
    public double At(double value) => _start + ((Math.Log(Math.Clamp(value, Low, High)) - _low) * _perUnit);

    /// <summary>Lists round values on the axis: at most <paramref name="most"/>, as many as the finest fitting subdivision of decades gives.</summary>
    public IReadOnlyList<double> Ticks(int most)
    {
        List<double> best = [];
        foreach (var steps in s_steps)
        {
            var ticks = Decades(steps);
            if (ticks.Count <= most && ticks.Count > best.Count)
            {
                best = ticks;
            }
        }

        return best.Count >= 3 ? best : Linear(most);
    }

    private List<double> Decades(double[] steps)
    {
        var ticks = new List<double>();
        for (var decade = (int)Math.Floor(Math.Log10(Low)); decade <= Math.Log10(High); decade++)
        {
            ticks.AddRange(steps.Select(step => Math.Round(step * Math.Pow(10, decade), 12)).Where(tick => tick >= Low * 0.999999 && tick <= High * 1.000001));
        }

        return ticks;
    }

    /// <summary>Evenly spaced round values, for an axis that spans too little for decades.</summary>
    private List<double> Linear(int most)
    {
        var step = Math.Pow(10, Math.Floor(Math.Log10(High - Low)) - 1);
        foreach (var factor in new[] { 1.0, 2, 5, 10, 20, 50, 100 })
        {
            if (((High - Low) / (step * factor)) + 1 <= most + 1e-6)
            {
                step *= factor;
                break;
            }
        }

        var ticks = new List<double>();
        for (var index = (long)Math.Ceiling(Low / step - 1e-9); index * step <= High * 1.000001; index++)
        {
            ticks.Add(Math.Round(index * step, 12));
        }

        return ticks;
    }
}
