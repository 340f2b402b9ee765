using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Scoring;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;
using OutlierQuant.Quantizers;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>Forecasts what schemes do to the linears and block outputs of a model, and measures it where a text is given.</summary>
public static class Forecaster
{
    /// <summary>Forecasts from a profile and the weights, without quantizing anything.</summary>
    /// <param name="model">The model, in float.</param>
    /// <param name="profile">Its calibration profile.</param>
    /// <param name="options">The schemes; what is about a text is not used.</param>
    /// <exception cref="ArgumentException">A scheme does not fit the model, or the profile belongs to another.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static ForecastResult Run(TransformerModel model, CalibrationProfile profile, ForecastOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(options);
        return ForecastVerdict.Complete(Forecast(model, profile, options, Plan(model, profile, options)));
    }

    /// <summary>Forecasts, then quantizes every linear and block output beside the full-precision model and measures.</summary>
    /// <param name="model">The model, in float.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="profile">Its calibration profile.</param>
    /// <param name="text">The text to measure on.</param>
    /// <param name="source">The text's name.</param>
    /// <param name="options">The schemes, and how to measure.</param>
    /// <exception cref="ArgumentException">An option does not fit the model or the text, or the profile belongs to another model.</exception>
    /// <exception cref="NonFiniteLogitsException">A quantized model gave a logit that is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static ForecastResult Run(TransformerModel model, Tokenizer tokenizer, CalibrationProfile profile, string text, string source, ForecastOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(options);
        var plans = Plan(model, profile, options);
        var evaluation = EvaluationText.Prepare(model, tokenizer, text, source, options.Text);
        var forecast = Forecast(model, profile, options, plans);
        var arms = 1 + (options.MeasuresDamage ? 1 + plans.Sum(plan => plan.Linears.Count) : 0);
        var measurement = new ForecastMeasurement(model, profile, plans);
        new ForwardPass(model).Run([.. evaluation.Windows.Select(window => window.TokenIds)], measurement, new ForwardOptions
        {
            Observer = measurement,
            StartsWithBos = evaluation.Bos,
            Progress = forward => options.Progress?.Invoke(new ArmProgress(0, arms, "rounding errors", forward)),
            Cancellation = options.Cancellation,
        });
        var measured = forecast with
        {
            MeasuredOn = source,
            MeasuredWindows = evaluation.Windows.Count,
            Schemes = [.. forecast.Schemes.Select((scheme, plan) => WithMeasurement(scheme, plan, measurement))],
        };
        return ForecastVerdict.Complete(options.MeasuresDamage ? DamageMeasurement.Add(measured, model, plans, evaluation, options) : measured);
    }

    private static IReadOnlyList<QuantizationPlan> Plan(TransformerModel model, CalibrationProfile profile, ForecastOptions options)
    {
        if (options.Schemes.Count == 0)
        {
            throw new ArgumentException("There is no scheme to forecast; name at least one.");
        }

        profile.RequireModel(model);
        return [.. options.Schemes.Select(scheme => QuantizationPlanner.Plan(model, profile, new QuantizationOptions { Scheme = scheme }))];
    }

    private static ForecastResult Forecast(TransformerModel model, CalibrationProfile profile, ForecastOptions options, IReadOnlyList<QuantizationPlan> plans)
    {
        Scheme[] rounding = [.. options.Schemes.Where(scheme => scheme.Weights is not null)];
        var sinkShare = profile.Text.Bos ? 1.0 / profile.Text.Context : 0;
        IReadOnlyList<LinearForecast>[] linears = rounding.Length == 0
            ? []
            : [.. model.Linears.Where(linear => linear.Role != LinearRole.Head).Cast<FloatLinear>()
                .Select(linear => new LinearForecaster(linear, profile.Linear(linear.Name), sinkShare, model.Context, options.Cancellation).Forecast(rounding))];
        return new ForecastResult
        {
            Version = ForecastResult.CurrentVersion,
            Model = profile.Model.Name,
            Calibration = profile.Text,
            MeasuredOn = null,
            MeasuredWindows = 0,
            Baseline = null,
            Schemes =
            [
                .. options.Schemes.Zip(plans).Select(pair => new SchemeForecast
                {
                    Scheme = pair.First.Name,
                    Linears = Array.IndexOf(rounding, pair.First) is >= 0 and var index ? [.. linears.Select(ofSchemes => ofSchemes[index])] : [],
                    Blocks = [.. pair.Second.Blocks.Select(block => Forecast(profile, block))],
                }),
            ],
            Verdict = [],
        };
    }

    private static BlockForecast Forecast(CalibrationProfile profile, BlockPlan plan)
    {
        var block = profile.Blocks[plan.Block];
        return new BlockForecast(plan.Block, RoundedTensor.Whole(block.Magnitudes, block.Channels).Forecast((1 << (plan.Bits - 1)) - 1));
    }

    private static SchemeForecast WithMeasurement(SchemeForecast scheme, int plan, ForecastMeasurement measured) => scheme with
    {
        Linears =
        [
            .. scheme.Linears.Select(linear => linear with
            {
                Input = linear.Input is null ? null : WithMeasurement(linear.Input, measured.Inputs[(plan, linear.Name)]),
                MeasuredSqnr = measured.Outputs[(plan, linear.Name)].All.Decibels,
                MeasuredSqnrElsewhere = measured.Outputs[(plan, linear.Name)].Part.Decibels,
            }),
        ],
        Blocks = [.. scheme.Blocks.Select(block => block with { Output = WithMeasurement(block.Output, measured.Blocks[(plan, block.Block)]) })],
    };

    private static TensorForecast WithMeasurement(TensorForecast forecast, ErrorTally tally) =>
        forecast with { MeasuredSqnr = tally.All.Decibels, MeasuredBodySqnr = tally.Part.Decibels };
}
