using OutlierQuant.Calibration;
using OutlierQuant.Eval.Attention;
using OutlierQuant.Eval.Certification;
using OutlierQuant.Eval.Comparison;
using OutlierQuant.Eval.Forecasting;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Eval.Tracing;

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

    /// <summary>Gets the certificate of input-independence.</summary>
    public Certificate? Certificate { get; init; }

    /// <summary>Gets where attention goes.</summary>
    public AttentionResult? Attention { get; init; }

    /// <summary>Gets which weights make the spike.</summary>
    public TraceResult? Trace { get; init; }

    /// <summary>Gets what rounding was forecast to do.</summary>
    public ForecastResult? Forecast { get; init; }

    /// <summary>Gets why studies are left out that such a model does not allow, a sentence each.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];
}
