using OutlierQuant.Calibration;
using OutlierQuant.Models;
using OutlierQuant.Quantizers.Planning;

namespace OutlierQuant.Quantizers;

/// <summary>Decides what each part of a model becomes, before any weight is read.</summary>
public static class QuantizationPlanner
{
    /// <summary>Makes a plan.</summary>
    /// <param name="model">A model in float; folded, if the options preserve a fold.</param>
    /// <param name="profile">Statistics of the model's activations; null where <see cref="Scheme.NeedsProfileFor"/> is null.</param>
    /// <param name="options">What is asked for.</param>
    /// <returns>A plan with a reason for every decision and the size of the result.</returns>
    /// <exception cref="ArgumentException">The request means nothing, a profile is missing or belongs to another model, or the model is already quantized, or folded otherwise than the options say.</exception>
    public static QuantizationPlan Plan(TransformerModel model, CalibrationProfile? profile, QuantizationOptions options)
    {
        Preflight.Check(model, profile, options);
        CalibrationProfile? used = options.Scheme.NeedsProfileFor(options.Preserve) is null ? null : profile;
        LinearPlan[] linears = [.. Preflight.Planned(model, options).Select(linear => LinearPlanner.Plan(linear, used, options))];
        return new QuantizationPlan
        {
            Version = QuantizationPlan.CurrentVersion,
            Scheme = options.Scheme.Name,
            Preserve = PreservationName.Of(options.Preserve),
            Method = options.Method,
            Channels = options.Preserve.WithoutFold() == Preservation.None ? null : options.Channels,
            IncludeHead = options.IncludeHead,
            Calibration = used?.Text,
            Fold = FoldPlanner.Plan(model.Fold, profile?.Fold),
            Linears = linears,
            Blocks = options.Scheme.ResidualBits is int bits ? BlockPlanner.Plan(model, used!, bits, options) : [],
            Unchanged = UnchangedParts.List(model, options),
            Forecast = SizeForecaster.Forecast(model, linears, options),
        };
    }
}
