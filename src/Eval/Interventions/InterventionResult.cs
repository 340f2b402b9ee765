using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Eval.Interventions;

/// <summary>What the massive values of one block are worth to the model.</summary>
public sealed record InterventionResult
{
    /// <summary>Gets the name of the model's directory.</summary>
    public required string Model { get; init; }

    /// <summary>Gets the block whose output was changed, from 0.</summary>
    public required int Block { get; init; }

    /// <summary>Gets whether the coordinates pass the detector; false when they are only the strongest candidates, or were chosen by hand.</summary>
    public required bool IsMassive { get; init; }

    /// <summary>Gets how the block and the coordinates were chosen, in one sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>Gets the coordinates whose values were changed.</summary>
    public required IReadOnlyList<InterventionCoordinate> Coordinates { get; init; }

    /// <summary>Gets the seed of <see cref="Intervention.ZeroRandom"/>.</summary>
    public required int Seed { get; init; }

    /// <summary>Gets the text that the means come from.</summary>
    public required CalibrationText Calibration { get; init; }

    /// <summary>Gets the untouched model's result, which also says how the text was cut.</summary>
    public required PerplexityResult Baseline { get; init; }

    /// <summary>Gets the interventions.</summary>
    public required IReadOnlyList<InterventionArm> Arms { get; init; }

    /// <summary>Gets the load-bearing test; null unless it was asked for.</summary>
    public required LoadBearingResult? LoadBearing { get; init; }

    /// <summary>Gets what happened, in sentences.</summary>
    public required IReadOnlyList<string> Verdict { get; init; }
}
