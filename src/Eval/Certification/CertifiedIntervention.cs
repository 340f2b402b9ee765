using System.Text.Json.Serialization;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Certification;

/// <summary>How the model did under one intervention.</summary>
/// <param name="Intervention">What was done.</param>
/// <param name="Perplexity"><c>exp</c> of the mean loss.</param>
/// <param name="DeltaNll">Mean over tokens of the loss minus the untouched model's, in nats.</param>
/// <param name="DeltaNllCi95">Its 95 % interval by <see cref="PairedBootstrap"/>; null for a single window.</param>
/// <param name="EntriesChanged">Number of values changed, over all windows.</param>
public sealed record CertifiedIntervention(Intervention Intervention, double Perplexity, double DeltaNll, Interval? DeltaNllCi95, long EntriesChanged)
{
    /// <summary>Gets the perplexity over the untouched model's. Not in json.</summary>
    [JsonIgnore]
    public double Ratio => Math.Exp(DeltaNll);
}
