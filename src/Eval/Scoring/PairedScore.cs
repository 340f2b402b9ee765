using System.Text.Json.Serialization;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Scoring;

/// <summary>How a changed model did on the tokens that an untouched one was scored on.</summary>
/// <param name="Perplexity"><c>exp(meanNll)</c>; in json "Infinity" where that is beyond binary64.</param>
/// <param name="MeanNll">Mean negative log-likelihood in nats per token.</param>
/// <param name="StandardError">Standard error of <paramref name="MeanNll"/>, clustered by window; null for a single window.</param>
/// <param name="DeltaNll">Mean over tokens of the loss minus the untouched model's, in nats.</param>
/// <param name="DeltaNllCi95">95 % confidence interval of <paramref name="DeltaNll"/>, from paired differences clustered by window; null for a single window.</param>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record PairedScore(double Perplexity, double MeanNll, double? StandardError, double DeltaNll, Interval? DeltaNllCi95)
{
    /// <summary>A difference in nats per token below which a change counts as harmless even if it is measurable: 0.5 % of the perplexity.</summary>
    internal const double Harmless = 0.005;

    /// <summary>A change that multiplies the perplexity by at least this is called strong; below, it matters a little.</summary>
    internal const double Strong = 1.1;

    /// <summary>Gets the perplexity over the untouched model's: <c>exp(deltaNll)</c>. Not in json.</summary>
    [JsonIgnore]
    public double Ratio => Math.Exp(DeltaNll);

    /// <summary>Gets whether the change does harm: more than 0.005 nats, with an interval above 0. Not in json.</summary>
    [JsonIgnore]
    public bool Hurts => DeltaNll > Harmless && (DeltaNllCi95 is not { } interval || interval.Low > 0);

    /// <summary>Compares the scores of two models on the same windows.</summary>
    internal static PairedScore Of(WindowScores untouched, WindowScores changed)
    {
        var mean = ClusteredMean.Of(changed.Losses);
        var difference = ClusteredMean.OfDifference(untouched.Losses, changed.Losses);
        return new PairedScore(Math.Exp(mean.Mean), mean.Mean, mean.StandardError, difference.Mean, difference.Interval95);
    }
}
