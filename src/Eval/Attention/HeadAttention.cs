namespace OutlierQuant.Eval.Attention;

/// <summary>What one head attends to, over all queries but those at position 0 of all windows.</summary>
public sealed record HeadAttention
{
    /// <summary>The share of parked queries from which a head is <see cref="HeadClass.Dormant"/>.</summary>
    public const double MostlyParked = 0.9;

    /// <summary>The share of parked queries up to which a head is <see cref="HeadClass.Active"/>.</summary>
    public const double HardlyParked = 0.1;

    /// <summary>Gets the block, from 0.</summary>
    public required int Block { get; init; }

    /// <summary>Gets the query head in it, from 0.</summary>
    public required int Head { get; init; }

    /// <summary>Gets the mean over windows of α at position 0, from the sink metric's windows of the text.</summary>
    public required double FirstAlpha { get; init; }

    /// <summary>Gets the mean over queries of the attention that all sinks before the query get together.</summary>
    public required double SinkShare { get; init; }

    /// <summary>Gets the same for each sink of <see cref="AttentionResult.Sinks"/>, over the queries that have such a sink before them; null where no query has.</summary>
    public required IReadOnlyList<double?> Shares { get; init; }

    /// <summary>Gets the share of queries whose attention to all sinks exceeds <see cref="AttentionResult.DormantShare"/>.</summary>
    public required double ParkedShare { get; init; }

    /// <summary>Gets what <see cref="ParkedShare"/> makes of the head.</summary>
    public required HeadClass Class { get; init; }

    /// <summary>Gets the distribution of the gate of position 0; null where position 0 is no sink.</summary>
    public required GateDistribution? Gate { get; init; }

    /// <summary>Gets the mean norm of the value at position 0 over that of all later values; null where position 0 is no sink, or where all later values are 0.</summary>
    public required double? SinkValueNorm { get; init; }

    /// <summary>Gets the mean score (before softmax, scaled) of sinks that a query can see; null where none can.</summary>
    public required double? SinkScore { get; init; }

    /// <summary>Gets the mean score of all other keys that a query can see, itself included.</summary>
    public required double OtherScore { get; init; }

    /// <summary>Classifies a head by the share of its queries that are parked.</summary>
    internal static HeadClass ClassOf(double parkedShare) =>
        parkedShare >= MostlyParked ? HeadClass.Dormant : parkedShare <= HardlyParked ? HeadClass.Active : HeadClass.Mixed;
}
