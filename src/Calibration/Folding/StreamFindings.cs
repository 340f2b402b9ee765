using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Calibration.Folding;

/// <summary>What the detectors find in a model's stream, in a few numbers.</summary>
/// <param name="MassiveCoordinates">Coordinates that pass <c>sun2024</c>.</param>
/// <param name="Largest">The entry of the block outputs that is the largest multiple of its block's median.</param>
/// <param name="LargestBlock">The block that holds it.</param>
/// <param name="OutlierTokens">Outlier tokens of <c>prefixquant</c>, summed over the down projections.</param>
/// <param name="LargestTokenRatio">The largest token absmax over its window's median at an input of a down projection.</param>
/// <param name="QfemModules">Inputs above the <c>qfem</c> score.</param>
/// <param name="LlmInt8Columns">Outlier columns of <c>llmint8</c>, summed over the inputs.</param>
public sealed record StreamFindings(
    int MassiveCoordinates, TopEntry Largest, int LargestBlock, int OutlierTokens, double LargestTokenRatio, int QfemModules, int LlmInt8Columns)
{
    /// <summary>Sums up a profile.</summary>
    /// <param name="profile">The profile.</param>
    public static StreamFindings Of(CalibrationProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        BlockProfile strongest = profile.Blocks.MaxBy(block => block.Top[0].Ratio)!;
        return new StreamFindings(
            profile.Massive.Count,
            strongest.Top[0],
            strongest.Block,
            profile.OtherDetectors.Prefixquant.Found.Sum(found => found.OutlierTokens),
            profile.OtherDetectors.Prefixquant.Found.Max(found => found.MaxRatio),
            profile.OtherDetectors.Qfem.Found.Count(found => found.IsOutlier),
            profile.OtherDetectors.Llmint8.Found.Sum(found => found.OutlierColumns));
    }
}
