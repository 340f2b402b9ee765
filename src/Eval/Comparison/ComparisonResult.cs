using System.Text.Json.Serialization;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Eval.Comparison;

/// <summary>A full-precision model and the arms measured against it on the same tokens.</summary>
public sealed record ComparisonResult
{
    /// <summary>Gets the name of the model's directory.</summary>
    public required string Model { get; init; }

    /// <summary>Gets the text that scales, channels and means come from; null when no arm needed any.</summary>
    public required CalibrationText? Calibration { get; init; }

    /// <summary>Gets what folding did to the model, for the arms that fold; null, and not in json, when none does or it is not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FoldReport? Fold { get; init; }

    /// <summary>Gets the full-precision model's result, which also says how the text was cut.</summary>
    public required PerplexityResult Baseline { get; init; }

    /// <summary>Gets the bits stored for one weight of the full-precision model's linears.</summary>
    public required double BaselineBitsPerWeight { get; init; }

    /// <summary>Gets the bytes of all tensors of the full-precision model.</summary>
    public required long BaselineSizeBytes { get; init; }

    /// <summary>Gets the arms, in the order asked for.</summary>
    public required IReadOnlyList<ArmResult> Arms { get; init; }

    /// <summary>Gets what happened, in sentences.</summary>
    public required IReadOnlyList<string> Verdict { get; init; }
}
