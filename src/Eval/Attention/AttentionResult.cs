namespace OutlierQuant.Eval.Attention;

/// <summary>Where a model's attention goes: its sinks, what each head gives them, and when.</summary>
public sealed record AttentionResult
{
    /// <summary>The version that this program writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Gets the version of the document.</summary>
    public required int Version { get; init; }

    /// <summary>Gets the name of the model's directory.</summary>
    public required string Model { get; init; }

    /// <summary>Gets the name of the text.</summary>
    public required string Source { get; init; }

    /// <summary>Gets whether windows begin with BOS.</summary>
    public required bool Bos { get; init; }

    /// <summary>Gets the tokens of a window that shares, dormancy and gates come from, BOS included.</summary>
    public required int Context { get; init; }

    /// <summary>Gets the number of these windows.</summary>
    public required int Windows { get; init; }

    /// <summary>Gets how many such windows the text has.</summary>
    public required int WindowsInText { get; init; }

    /// <summary>Gets ε of the sink metric.</summary>
    public required double SinkThreshold { get; init; }

    /// <summary>Gets T, the tokens of a window of the sink metric.</summary>
    public required int SinkLength { get; init; }

    /// <summary>Gets the share of its attention above which a query is parked.</summary>
    public required double DormantShare { get; init; }

    /// <summary>Gets the seed of random and repeated tokens.</summary>
    public required int Seed { get; init; }

    /// <summary>Gets the sink metric on natural, random and repeated tokens, with BOS where the tokenizer has one, and without.</summary>
    public required IReadOnlyList<SinkMetric> SinkMetrics { get; init; }

    /// <summary>Gets the sinks that were found, at most <see cref="SinkCandidates.MostSinks"/>, those with the largest rate first; empty when there are none.</summary>
    public required IReadOnlyList<SinkToken> Sinks { get; init; }

    /// <summary>Gets every head, by block and then head.</summary>
    public required IReadOnlyList<HeadAttention> Heads { get; init; }

    /// <summary>Gets what figures need.</summary>
    public required AttentionPicture Picture { get; init; }

    /// <summary>Gets the largest <c>‖closed form − attended‖ / ‖attended‖</c> over all heads and the queries of the picture but the first; see docs/evaluation.md.</summary>
    public required double ClosedFormDifference { get; init; }

    /// <summary>Gets what was found, in sentences.</summary>
    public required IReadOnlyList<string> Verdict { get; init; }
}
