using OutlierQuant.Calibration.Folding;
using OutlierQuant.Eval;
using OutlierQuant.Eval.Comparison;

namespace OutlierQuant.Cli;

/// <summary>What <see cref="Study"/> compares and where it reports.</summary>
internal sealed record StudyOptions
{
    public required IReadOnlyList<ArmSpecification> Arms { get; init; }

    /// <summary>Gets the folded model for the arms that fold, or null.</summary>
    public FoldedCalibration? Folded { get; init; }

    public bool IncludeHead { get; init; }

    public required PerplexityOptions Text { get; init; }

    public required int Seed { get; init; }

    /// <summary>Gets the html file to write, or null for none.</summary>
    public string? Report { get; init; }
}
