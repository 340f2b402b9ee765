using OutlierQuant.Calibration;
using OutlierQuant.Eval.Comparison;
using OutlierQuant.Eval.Interventions;

namespace OutlierQuant.Eval.Reports;

/// <summary>What a report shows. Parts that are null are left out.</summary>
public sealed record ReportContent
{
    /// <summary>Gets the calibration profile: magnitudes of every block, the massive coordinates, the verdict on them.</summary>
    public required CalibrationProfile Profile { get; init; }

    /// <summary>Gets the picture of the massive block.</summary>
    public BlockSample? Sample { get; init; }

    /// <summary>Gets the comparison of quantized arms.</summary>
    public ComparisonResult? Comparison { get; init; }

    /// <summary>Gets the interventions.</summary>
    public InterventionResult? Interventions { get; init; }
}
