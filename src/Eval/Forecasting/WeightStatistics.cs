using OutlierQuant.Calibration.Statistics;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>Gathers what a forecast needs of a weight matrix, in one reading of it.</summary>
internal static class WeightStatistics
{
    // Scales vary little from unit to unit; so many quantiles of their absmax stand for all.
    private const int Strata = 32;

    /// <summary>Reads the weights row by row.</summary>
    /// <param name="linear">The linear.</param>
    /// <param name="groupSize">Columns that share a scale; at most those of a row.</param>
    /// <param name="cancellation">Stops between rows.</param>
    public static RoundedTensor Of(FloatLinear linear, int groupSize, CancellationToken cancellation)
    {
        var histogram = new MagnitudeHistogram();
        var units = new List<float>();
        var row = new float[linear.InFeatures];
        double squares = 0;
        for (var index = 0; index < linear.OutFeatures; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            linear.ReadRow(index, row);
            histogram.Add(row);
            foreach (var weight in row)
            {
                squares += (double)weight * weight;
            }

            for (var first = 0; first < row.Length; first += groupSize)
            {
                units.Add(MaxMagnitude(row.AsSpan(first, Math.Min(groupSize, row.Length - first))));
            }
        }

        units.Sort();
        var strata = Math.Min(Strata, units.Count);
        return new RoundedTensor(
            histogram.ToQuantiles(),
            squares / ((double)linear.OutFeatures * linear.InFeatures),
            [.. Enumerable.Range(0, strata).Select(stratum => (1.0 / strata, (double)units[(int)((((2L * stratum) + 1) * units.Count) / (2L * strata))]))]);
    }

    private static float MaxMagnitude(ReadOnlySpan<float> values) => Math.Abs(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(values));
}
