using OutlierQuant.Calibration.Folding;
using OutlierQuant.Eval.Comparison;

namespace OutlierQuant.Eval.Reports;

/// <summary>What a whole report measures on.</summary>
public sealed record ReportOptions
{
    /// <summary>The number of windows scored and observed unless more or fewer are asked for.</summary>
    public const int DefaultWindows = 16;

    /// <summary>Gets the arms to compare.</summary>
    public IReadOnlyList<ArmSpecification> Arms { get; init; } = DefaultArms.All;

    /// <summary>Gets the folded model and its profile, for the arms that fold; null when none does.</summary>
    public FoldedCalibration? Folded { get; init; }

    /// <summary>Gets how to cut the text; the progress and cancellation in it are not used.</summary>
    public PerplexityOptions Text { get; init; } = new() { MaxWindows = DefaultWindows };

    /// <summary>Gets the seed of every random choice.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Gets what is called as the work goes on.</summary>
    public Action<ArmProgress>? Progress { get; init; }

    /// <summary>Gets what is called with the name of each study before it starts.</summary>
    public Action<string>? StudyStarts { get; init; }

    /// <summary>Gets what stops the work.</summary>
    public CancellationToken Cancellation { get; init; }
}
