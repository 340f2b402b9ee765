namespace OutlierQuant.Calibration.Folding;

/// <summary>What a model's stream held before it was folded, to compare with the profile that holds this.</summary>
/// <param name="Findings">What the detectors found.</param>
/// <param name="InputAbsMax">Largest magnitude of every linear input, in the order of <see cref="CalibrationProfile.LinearInputs"/>.</param>
/// <param name="BlockAbsMax">Largest magnitude of every block's output.</param>
public sealed record UnfoldedRanges(StreamFindings Findings, IReadOnlyList<float> InputAbsMax, IReadOnlyList<float> BlockAbsMax)
{
    /// <summary>Takes from a profile what is worth comparing.</summary>
    /// <param name="profile">The profile of the model before it was folded.</param>
    public static UnfoldedRanges Of(CalibrationProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return new UnfoldedRanges(
            StreamFindings.Of(profile),
            [.. profile.LinearInputs.Select(input => input.TokenAbsMax.Quantile100)],
            [.. profile.Blocks.Select(block => block.TokenAbsMax.Quantile100)]);
    }
}
