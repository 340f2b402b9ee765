using System.Globalization;
using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Calibration.Building;

/// <summary>Says in plain words what the detector found.</summary>
internal static class Verdict
{
    /// <summary>Writes one or two sentences.</summary>
    public static string Of(MassiveActivationSettings detector, IReadOnlyList<CoordinateStatistics> massive, IReadOnlyList<CoordinateStatistics> candidates, Onset onset)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        string thresholds = string.Create(culture, $"|h| > {detector.MinMagnitude:G6} and > {detector.MinRatio:G6} × the median");
        if (massive.Count > 0)
        {
            CoordinateStatistics strongest = massive[0];
            return string.Create(
                culture,
                $"{massive.Count} coordinate{(massive.Count == 1 ? " passes" : "s pass")} {thresholds}; they appear in block {onset.Block}. The strongest is {Describe(strongest)} in block {strongest.Block}: {strongest.Mean:F1} ± {strongest.StandardDeviation:F1}, {strongest.Ratio:F0} × the median.");
        }

        if (candidates.Count == 0)
        {
            return $"No entry passes {thresholds}: every block's output is zero.";
        }

        CoordinateStatistics first = candidates[0];
        return string.Create(
            culture,
            $"No entry passes {thresholds}. The strongest is {Describe(first)} in block {first.Block}: {first.Mean:F1} ± {first.StandardDeviation:F1}, {first.Ratio:F1} × the median.");
    }

    /// <summary>Names a coordinate: "channel 41 at BOS".</summary>
    public static string Describe(CoordinateStatistics coordinate) => $"channel {coordinate.Channel} at {Describe(coordinate.TokenClass)}";

    private static string Describe(TokenClass tokenClass) => tokenClass switch
    {
        TokenClass.Bos => "BOS",
        TokenClass.First => "the first token",
        TokenClass.Delimiter => "delimiters",
        _ => "other tokens",
    };
}
