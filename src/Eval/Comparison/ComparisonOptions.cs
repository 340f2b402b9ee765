using OutlierQuant.Calibration.Folding;

namespace OutlierQuant.Eval.Comparison;

/// <summary>What to compare, and how to score.</summary>
public sealed record ComparisonOptions
{
    /// <summary>The number of windows scored unless more or fewer are asked for.</summary>
    public const int DefaultWindows = 64;

    /// <summary>Gets the arms.</summary>
    public IReadOnlyList<ArmSpecification> Arms { get; init; } = DefaultArms.All;

    /// <summary>Gets the folded model and its profile, for the arms that preserve <c>fold</c>; null when there is none.</summary>
    public FoldedCalibration? Folded { get; init; }

    /// <summary>Gets whether the output head is quantized too.</summary>
    public bool IncludeHead { get; init; }

    /// <summary>Gets how weights become codes.</summary>
    public string Method { get; init; } = "rtn";

    /// <summary>Gets how to cut the text; the progress and cancellation in it are not used.</summary>
    public PerplexityOptions Text { get; init; } = new() { MaxWindows = DefaultWindows };

    /// <summary>Gets what is called as the work goes on.</summary>
    public Action<ArmProgress>? Progress { get; init; }

    /// <summary>Gets what is called with each arm's result as it is known.</summary>
    public Action<ArmResult>? ArmDone { get; init; }

    /// <summary>Gets what stops the work.</summary>
    public CancellationToken Cancellation { get; init; }
}
