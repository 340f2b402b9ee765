namespace OutlierQuant.Eval.Certification;

/// <summary>The value updates of all heads after the target's block, on all texts.</summary>
public sealed record UpdateConstancy
{
    /// <summary>The quantile up to which a head counts as steadier than random sources.</summary>
    public const double Steady = 0.05;

    /// <summary>Gets the number of draws that make the null.</summary>
    public required int Draws { get; init; }

    /// <summary>Gets the number of windows with a massive token in their first half, and enough others to draw from.</summary>
    public required int Windows { get; init; }

    /// <summary>Gets the mean number of massive tokens taken as sources in them; null without such windows.</summary>
    public required double? MeanSources { get; init; }

    /// <summary>Gets the number of heads that could be tested.</summary>
    public required int HeadsTested { get; init; }

    /// <summary>Gets the share of them whose quantile is at most <see cref="Steady"/>; null when none could be tested.</summary>
    public required double? SteadyShare { get; init; }

    /// <summary>Gets the median over heads of B; null when none could be tested.</summary>
    public required double? MedianConstancy { get; init; }

    /// <summary>Gets the median over heads of the null's median; null when none could be tested.</summary>
    public required double? MedianNull { get; init; }

    /// <summary>Gets every head after the target's block.</summary>
    public required IReadOnlyList<HeadConstancy> Heads { get; init; }
}
