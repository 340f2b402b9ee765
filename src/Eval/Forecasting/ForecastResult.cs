using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>What quantization is going to do to each linear and block of a model, before it is done, and what it did.</summary>
public sealed record ForecastResult
{
    /// <summary>The version of the json that this code writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Gets the version of the json.</summary>
    public required int Version { get; init; }

    /// <summary>Gets the name of the model's directory.</summary>
    public required string Model { get; init; }

    /// <summary>Gets the text that the forecast's numbers come from.</summary>
    public required CalibrationText Calibration { get; init; }

    /// <summary>Gets the text that was measured on; null without one.</summary>
    public required string? MeasuredOn { get; init; }

    /// <summary>Gets how many windows of it were measured; 0 without one.</summary>
    public required int MeasuredWindows { get; init; }

    /// <summary>Gets the untouched model's perplexity there; null unless damage was measured.</summary>
    public required PerplexityResult? Baseline { get; init; }

    /// <summary>Gets the schemes.</summary>
    public required IReadOnlyList<SchemeForecast> Schemes { get; init; }

    /// <summary>Gets what was found, in sentences.</summary>
    public required IReadOnlyList<string> Verdict { get; init; }
}
