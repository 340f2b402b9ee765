using System.Text.Json.Serialization;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Interventions;

/// <summary>How the model did under one intervention.</summary>
public sealed record InterventionArm
{
    /// <summary>Gets what was done.</summary>
    public required Intervention Intervention { get; init; }

    /// <summary>Gets <c>exp(meanNll)</c>.</summary>
    public required double Perplexity { get; init; }

    /// <summary>Gets the mean negative log-likelihood in nats per token.</summary>
    public required double MeanNll { get; init; }

    /// <summary>Gets the standard error of <see cref="MeanNll"/>, clustered by window; null for a single window.</summary>
    public required double? StandardError { get; init; }

    /// <summary>Gets the mean over tokens of the loss minus the untouched model's, in nats.</summary>
    public required double DeltaNll { get; init; }

    /// <summary>Gets the 95 % confidence interval of <see cref="DeltaNll"/>, from paired differences clustered by window; null for a single window.</summary>
    public required Interval? DeltaNllCi95 { get; init; }

    /// <summary>Gets the number of values that were changed, over all windows.</summary>
    public required long EntriesChanged { get; init; }

    /// <summary>Gets the perplexity over the untouched model's: <c>exp(deltaNll)</c>. Not in json.</summary>
    [JsonIgnore]
    public double Ratio => Math.Exp(DeltaNll);
}
