namespace OutlierQuant.Eval.Certification;

/// <summary>How constant over queries the update is that one head takes from the massive tokens, beside random source tokens.</summary>
/// <remarks><c>u_t = Σ_{i ∈ C} p_ti v_i</c> for query t, and <c>B = mean_t ‖u_t − ū‖ / ‖ū‖</c> with <c>ū = mean_t u_t</c>, averaged over windows.</remarks>
public sealed record HeadConstancy
{
    /// <summary>Gets the block, from 0.</summary>
    public required int Block { get; init; }

    /// <summary>Gets the query head in it, from 0.</summary>
    public required int Head { get; init; }

    /// <summary>Gets the number of windows in which the massive tokens and every draw have an update that is not 0.</summary>
    public required int Windows { get; init; }

    /// <summary>Gets the mean share of attention that the massive tokens get; null without such windows.</summary>
    public required double? SourceShare { get; init; }

    /// <summary>Gets B of the massive tokens; null without such windows.</summary>
    public required double? Constancy { get; init; }

    /// <summary>Gets the median of B over the draws; null without such windows.</summary>
    public required double? NullMedian { get; init; }

    /// <summary>Gets the quantile of B in the null: <c>(1 + draws with B at most as large) / (1 + draws)</c>; null without such windows.</summary>
    public required double? Quantile { get; init; }
}
