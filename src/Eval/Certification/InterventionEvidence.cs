namespace OutlierQuant.Eval.Certification;

/// <summary>What the values are worth, and whether constants measured on another text do as well.</summary>
public sealed record InterventionEvidence
{
    /// <summary>Gets the text that was scored: the last.</summary>
    public required string Source { get; init; }

    /// <summary>Gets the text whose means are the constants: the first.</summary>
    public required string MeansFrom { get; init; }

    /// <summary>Gets the number of windows scored.</summary>
    public required int Windows { get; init; }

    /// <summary>Gets the number of resamples behind each interval.</summary>
    public required int Resamples { get; init; }

    /// <summary>Gets the untouched model's perplexity.</summary>
    public required double Perplexity { get; init; }

    /// <summary>Gets the interventions: zero, mean, and as many median and random values to zero.</summary>
    public required IReadOnlyList<CertifiedIntervention> Arms { get; init; }

    /// <summary>Gets <c>1 − Δ(mean) / Δ(zero)</c>, the share of the damage of zeroing that constants avoid; null where zeroing does no measurable damage.</summary>
    public required double? Recovered { get; init; }
}
