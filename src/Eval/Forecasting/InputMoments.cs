using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>Mean and variance of every input channel of a linear, over the leading BOS tokens or over all others.</summary>
/// <param name="Share">The share of the tokens that are such.</param>
/// <param name="Mean">Means. Shape <c>[columns]</c>.</param>
/// <param name="Variance">Variances, not negative. Shape <c>[columns]</c>.</param>
internal sealed record InputMoments(double Share, double[] Mean, double[] Variance)
{
    /// <summary>Gets the sum over channels of the mean square.</summary>
    public double Power => Mean.Zip(Variance).Sum(pair => (pair.First * pair.First) + pair.Second);

    /// <summary>Splits a profile's statistics. A leading BOS sees only itself, so its value is the same in every window and has no variance.</summary>
    /// <param name="channels">The statistics.</param>
    /// <param name="sinkShare">The share of leading BOS tokens; 0 for a profile without BOS.</param>
    /// <returns>Those at BOS, null without BOS, and those of all other tokens.</returns>
    public static (InputMoments? AtSink, InputMoments Elsewhere) Split(ChannelStatistics channels, double sinkShare)
    {
        double[] elsewhere = [.. channels.MeanElsewhere.Select(mean => (double)mean)];
        double[] atSink = sinkShare > 0 ? [.. channels.MeanAtSink.Select(mean => (double)mean)] : new double[elsewhere.Length];
        var variance = new double[elsewhere.Length];
        for (var channel = 0; channel < variance.Length; channel++)
        {
            var squareElsewhere = (channels.MeanSquare[channel] - (sinkShare * atSink[channel] * atSink[channel])) / (1 - sinkShare);
            variance[channel] = Math.Max(0, squareElsewhere - (elsewhere[channel] * elsewhere[channel]));
        }

        return (sinkShare > 0 ? new InputMoments(sinkShare, atSink, new double[variance.Length]) : null, new InputMoments(1 - sinkShare, elsewhere, variance));
    }
}
