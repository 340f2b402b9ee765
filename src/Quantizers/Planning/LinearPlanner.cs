using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Models.Linears;
using OutlierQuant.Quantizers.Plans;

namespace OutlierQuant.Quantizers.Planning;

/// <summary>Decides what one linear becomes.</summary>
internal static class LinearPlanner
{
    /// <summary>Makes the plan of a linear.</summary>
    /// <param name="linear">The linear in float.</param>
    /// <param name="profile">Statistics of its input; null where none are needed.</param>
    /// <param name="options">What is asked for.</param>
    public static LinearPlan Plan(Linear linear, CalibrationProfile? profile, QuantizationOptions options)
    {
        Scheme scheme = options.Scheme;
        ChannelChoice? choice = null;
        if (profile is not null)
        {
            LinearInputProfile input = profile.Linear(linear.Name);
            choice = ChannelChoice.Of(input.Channels, input.Suggested, options);
        }

        float? staticScale = scheme.Activation == ActivationGranularity.TensorStatic ? choice!.StaticScale(scheme.ActivationBits) : null;
        int? groupSize = scheme.GroupSize < linear.InFeatures ? scheme.GroupSize : null;
        return new LinearPlan
        {
            Name = linear.Name,
            Weights = WeightName.Of(scheme.Weights!.Value),
            GroupSize = groupSize,
            Activations = ActivationName.OfBits(scheme.ActivationBits),
            ActivationScale = ActivationName.Of(scheme.Activation),
            StaticScale = staticScale,
            Channels = choice?.Channels ?? [],
            Reason = $"{OfWeights(scheme, groupSize, linear)}; {OfActivations(scheme, choice)}; {choice?.Describe(options.Preserve) ?? "every channel is rounded"}.",
        };
    }

    private static string OfWeights(Scheme scheme, int? groupSize, Linear linear)
    {
        string granularity = (groupSize, scheme.GroupSize) switch
        {
            (int size, _) => $"one scale per {size} columns",
            (null, int size) => $"one scale per output channel, because it has only {linear.InFeatures} columns for groups of {size}",
            _ => "one scale per output channel",
        };
        return $"{WeightName.Of(scheme.Weights!.Value)} weights with {granularity}";
    }

    private static string OfActivations(Scheme scheme, ChannelChoice? choice) => scheme.Activation switch
    {
        ActivationGranularity.TensorStatic => FormattableString.Invariant(
            $"int{scheme.ActivationBits} activations with one scale for the absmax {choice!.AbsMaxElsewhere:G4} of the calibration set"),
        ActivationGranularity.Tensor => $"int{scheme.ActivationBits} activations with one scale per window at run time",
        ActivationGranularity.Token => $"int{scheme.ActivationBits} activations with one scale per token at run time",
        _ => "float activations",
    };
}
