using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>A tensor about to be rounded: the few numbers that a forecast is made from.</summary>
/// <param name="Magnitudes">Quantiles of all entries' magnitudes.</param>
/// <param name="MeanSquare">Mean square of all entries.</param>
/// <param name="Units">Units that share a scale, by falling share: what part of the entries they hold, and their largest magnitude. Shares sum to 1.</param>
internal sealed record RoundedTensor(MagnitudeQuantiles Magnitudes, double MeanSquare, IReadOnlyList<(double Share, double AbsMax)> Units)
{
    /// <summary>Makes one of statistics with one scale for all entries.</summary>
    public static RoundedTensor Whole(MagnitudeQuantiles magnitudes, ChannelStatistics channels) =>
        new(magnitudes, channels.MeanSquare.Average(square => (double)square), [(1, magnitudes.Quantile100)]);

    /// <summary>Makes one of statistics with one scale per token: between two known quantiles of the tokens' absmax stands their geometric mean.</summary>
    public static RoundedTensor PerToken(MagnitudeQuantiles magnitudes, ChannelStatistics channels, TokenAbsMaxQuantiles tokens)
    {
        (double Share, double Low, double High)[] strata =
        [
            (0.5, tokens.Quantile0, tokens.Quantile50),
            (0.4, tokens.Quantile50, tokens.Quantile90),
            (0.09, tokens.Quantile90, tokens.Quantile99),
            (0.009, tokens.Quantile99, tokens.Quantile999),
            (0.001, tokens.Quantile999, tokens.Quantile100),
        ];
        return Whole(magnitudes, channels) with { Units = [.. strata.Select(stratum => (stratum.Share, Math.Sqrt(stratum.Low * stratum.High)))] };
    }

    /// <summary>Forecasts what rounding does to it.</summary>
    /// <param name="qMax">Largest code.</param>
    /// <param name="isTernary">Whether the scale is the mean magnitude instead of <c>absMax / qMax</c>.</param>
    public TensorForecast Forecast(int qMax, bool isTernary = false)
    {
        var forecast = new TensorForecast
        {
            Max = Magnitudes.Quantile100,
            Quantile999 = Magnitudes.Quantile999,
            Median = Magnitudes.Quantile50,
            MeanSquare = MeanSquare,
            BitsLost = Magnitudes.Quantile999 > 0 ? Math.Log2((double)Magnitudes.Quantile100 / Magnitudes.Quantile999) : null,
            Sqnr = null,
            BodySqnr = null,
        };
        if (Magnitudes.Quantile50 <= 0)
        {
            return forecast; // more than half of the entries are 0: the model has no body to fit
        }

        var model = new MagnitudeModel(Magnitudes, MeanSquare);
        return forecast with
        {
            Sqnr = SignalToNoise.ToDecibels(MeanSquare, Math.Min(MeanSquare, Noise(false))),
            BodySqnr = SignalToNoise.ToDecibels(model.BodyPower, Noise(true)),
        };

        double Noise(bool bodyOnly) => Units.Where(unit => unit.AbsMax > 0)
            .Sum(unit => unit.Share * model.MeanSquareError(isTernary ? model.BodyMean : unit.AbsMax / qMax, qMax, unit.AbsMax, bodyOnly));
    }
}
