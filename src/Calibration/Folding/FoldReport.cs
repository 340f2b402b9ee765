using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Calibration.Folding;

/// <summary>What folding did to a model: ranges and static scales before and after, and what the detectors still find.</summary>
public sealed record FoldReport
{
    /// <summary>A range counts as smaller when it shrinks at least by this factor.</summary>
    public const double Finer = 1.1;

    /// <summary>What is folded, and how that came about.</summary>
    public required FoldProfile Fold { get; init; }

    /// <summary>What the detectors find in the stream that is left; <see cref="FoldProfile.Before"/> has what they found before.</summary>
    public required StreamFindings After { get; init; }

    /// <summary>Every linear input, in the model's order, the output head's last.</summary>
    public required IReadOnlyList<ScaleChange> Inputs { get; init; }

    /// <summary>Every block's output.</summary>
    public required IReadOnlyList<ScaleChange> BlockOutputs { get; init; }

    /// <summary>Makes the report of a folded model's profile.</summary>
    /// <param name="profile">A profile that <see cref="FoldedCalibrator"/> made.</param>
    /// <returns>The report; null when the profile does not say what the stream held before.</returns>
    public static FoldReport? Of(CalibrationProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        if (profile.Fold is not { Before: { } before } fold)
        {
            return null;
        }

        UnfoldedRanges after = UnfoldedRanges.Of(profile);
        return new FoldReport
        {
            Fold = fold,
            After = after.Findings,
            Inputs = [.. profile.LinearInputs.Select((input, i) => ScaleChange.Of(input.Block, input.Linears, before.InputAbsMax[i], after.InputAbsMax[i]))],
            BlockOutputs = [.. profile.Blocks.Select((block, i) => ScaleChange.Of(block.Block, [], before.BlockAbsMax[i], after.BlockAbsMax[i]))],
        };
    }
}
