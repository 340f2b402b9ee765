namespace OutlierQuant.Eval.Attention;

/// <summary>Attention of the first tokens of one window: of one head, or averaged over the heads of a block.</summary>
public sealed record AttentionMap
{
    /// <summary>Gets the block, from 0.</summary>
    public required int Block { get; init; }

    /// <summary>Gets the query head, from 0; null for the mean over all heads.</summary>
    public required int? Head { get; init; }

    /// <summary>Gets the probabilities.</summary>
    public required LowerTriangle WithSink { get; init; }

    /// <summary>
    /// Gets the probabilities when sinks before the query are masked and the rest is divided by what it sums to; 0 where that is 0 in binary32. Averaged over heads after that.
    /// Null when no sink was found.
    /// </summary>
    public required LowerTriangle? WithoutSink { get; init; }

    /// <summary>Gets the scores before softmax, scaled; 0 where a query may not look.</summary>
    public required LowerTriangle Scores { get; init; }

    /// <summary>Gets the gate <c>s = Z(rest) / (Z(rest) + e^(q · k′ / √headSize))</c> of each query for position 0, of one head only; null for a mean. Shape <c>[queries]</c>.</summary>
    public required IReadOnlyList<double>? Gate { get; init; }
}
