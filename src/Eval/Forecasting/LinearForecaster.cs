using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Calibration.Statistics;
using OutlierQuant.Eval.Statistics;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;
using OutlierQuant.Quantizers;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>Forecasts one linear under every scheme, from its input's statistics and its weights.</summary>
/// <param name="linear">The linear.</param>
/// <param name="profile">Statistics of its input.</param>
/// <param name="sinkShare">The share of tokens that are a leading BOS.</param>
/// <param name="context">Threads.</param>
/// <param name="cancellation">Stops the work.</param>
internal sealed class LinearForecaster(FloatLinear linear, LinearInputProfile profile, double sinkShare, ComputeContext context, CancellationToken cancellation)
{
    private readonly Dictionary<int, RoundedTensor> _weights = [];

    /// <summary>Makes the forecasts, in the order of the schemes.</summary>
    /// <param name="schemes">Schemes that round weights.</param>
    public IReadOnlyList<LinearForecast> Forecast(IReadOnlyList<Scheme> schemes)
    {
        TensorForecast?[] inputs = [.. schemes.Select(Input)];
        double[] noises = [.. inputs.Select(input => input is null ? 0 : Noise(input) ?? 0)];
        var (atSink, elsewhere) = InputMoments.Split(profile.Channels, sinkShare);
        var ofElsewhere = OutputPower.Of(linear, elsewhere, noises, context, cancellation);
        var ofSink = atSink is null ? (Signal: 0, Errors: new double[noises.Length]) : OutputPower.Of(linear, atSink, noises, context, cancellation);
        return [.. schemes.Select((scheme, index) => One(scheme, index))];

        LinearForecast One(Scheme scheme, int index)
        {
            var weights = Weights(scheme);
            var isKnown = (inputs[index] is null || inputs[index]!.Sqnr is not null) && weights.Sqnr is not null;
            var errorElsewhere = ofElsewhere.Errors[index] + ErrorOfWeights(weights, elsewhere);
            var errorAtSink = atSink is null ? 0 : ofSink.Errors[index] + ErrorOfWeights(weights, atSink);
            return new LinearForecast
            {
                Name = linear.Name,
                Block = linear.Block,
                Input = inputs[index],
                Weights = weights,
                Sqnr = isKnown
                    ? SignalToNoise.ToDecibels(Mix(ofSink.Signal, ofElsewhere.Signal), Mix(errorAtSink, errorElsewhere))
                    : null,
                SqnrElsewhere = isKnown ? SignalToNoise.ToDecibels(ofElsewhere.Signal, errorElsewhere) : null,
                SuggestedChannels = profile.Suggested.Count,
                ChannelRatio = Ratio.Of(profile.Channels.AbsMax.Max(), profile.Channels.AbsMax.Order().ElementAt((profile.Channels.Count - 1) / 2)),
            };
        }

        double Mix(double ofSinkTokens, double ofOthers) => (sinkShare * ofSinkTokens) + ((1 - sinkShare) * ofOthers);
    }

    private TensorForecast? Input(Scheme scheme) => scheme.Activation switch
    {
        ActivationGranularity.Float => null,
        ActivationGranularity.Token => RoundedTensor.PerToken(profile.Magnitudes, profile.Channels, profile.TokenAbsMax).Forecast((1 << (scheme.ActivationBits - 1)) - 1),
        _ => RoundedTensor.Whole(profile.Magnitudes, profile.Channels).Forecast((1 << (scheme.ActivationBits - 1)) - 1),
    };

    private TensorForecast Weights(Scheme scheme)
    {
        var size = Math.Min(scheme.GroupSize ?? linear.InFeatures, linear.InFeatures);
        if (!_weights.TryGetValue(size, out var weights))
        {
            weights = WeightStatistics.Of(linear, size, cancellation);
            _weights.Add(size, weights);
        }

        var format = scheme.Weights!.Value;
        return weights.Forecast(WeightPacking.QMax(format), format == WeightFormat.Ternary);
    }

    /// <summary>The mean square error of an entry; null where it is not known.</summary>
    private static double? Noise(TensorForecast forecast) => forecast.Sqnr is { } decibels ? forecast.MeanSquare * Math.Pow(10, -decibels / 10) : null;

    private double ErrorOfWeights(TensorForecast weights, InputMoments moments) => (Noise(weights) ?? 0) * linear.OutFeatures * moments.Power;
}
