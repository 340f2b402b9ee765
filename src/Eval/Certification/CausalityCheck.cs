namespace OutlierQuant.Eval.Certification;

/// <summary>Whether values that causality makes constant are so in fact: a test of the computation, not of the model.</summary>
/// <param name="Windows">Windows of all sources.</param>
/// <param name="LargestVariation">The largest coefficient of variation of a coordinate over them; null for a single window or a mean of 0.</param>
/// <param name="Holds">Whether it is at most <see cref="Rounding"/>.</param>
public sealed record CausalityCheck(int Windows, double? LargestVariation, bool Holds)
{
    /// <summary>What rounding in binary32 may do.</summary>
    public const double Rounding = 1e-5;
}
