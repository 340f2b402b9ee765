namespace OutlierQuant.Eval.Scoring;

/// <summary>What scoring the windows of a text gave.</summary>
internal sealed record WindowScores
{
    /// <summary>Negative log-likelihoods in nats, one array a window. Shape <c>[windows][targets]</c>.</summary>
    public required double[][] Losses { get; init; }

    /// <summary>KL divergences from the baseline in nats; null without a baseline. Shape <c>[windows][targets]</c>.</summary>
    public required double[][]? Divergences { get; init; }

    /// <summary>Tokens whose largest logit is the baseline's; 0 without a baseline.</summary>
    public required long TopOneAgreements { get; init; }

    /// <summary>Time taken.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Largest memory beyond mapped files, in bytes.</summary>
    public required long PeakMemoryBytes { get; init; }
}
