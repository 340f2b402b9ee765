using OutlierQuant.Calibration;
using OutlierQuant.Eval.Reports;

namespace OutlierQuant.Eval.Comparison;

/// <summary>Says in words what a comparison found: what naive quantization destroys, what preserving brings back, and what the controls show.</summary>
internal static class ComparisonVerdict
{
    /// <summary>An arm is destroyed when its perplexity is at least this many times the baseline's, and the interval of the difference excludes 0.</summary>
    private const double Destroyed = 1.5;

    /// <summary>The shares of the lost nats that must be recovered to say that preserving brings an arm back, or helps it.</summary>
    private const double BroughtBack = 0.6;
    private const double Helped = 0.2;

    /// <summary>Two arms count as alike when their losses differ by at most this share of the naive arm's.</summary>
    private const double Alike = 0.1;

    public static IReadOnlyList<string> Describe(ComparisonResult result, CalibrationProfile? profile)
    {
        var sentences = new List<string>
        {
            $"{result.Model} in full precision: perplexity {NumberText.Short(result.Baseline.Perplexity)} on {result.Baseline.WindowsScored} of {result.Baseline.WindowsInText} windows of {result.Baseline.Source}.",
        };
        if (profile is not null)
        {
            sentences.Add(profile.Verdict);
        }

        var naive = result.Arms.Where(arm => arm.Preserve == "none").ToArray();
        var destroyed = naive.Where(IsDestroyed).OrderByDescending(arm => arm.DeltaNll).ToArray();
        if (naive.Length > 0)
        {
            sentences.Add(destroyed.Length == 0
                ? $"No scheme is destroyed without preservation; the worst, {Name(naive.MaxBy(arm => arm.DeltaNll)!)}, stays under {NumberText.Ratio(Destroyed)} the perplexity."
                : $"Without preservation {destroyed.Length} of {naive.Length} schemes are destroyed (at least {NumberText.Ratio(Destroyed)} the perplexity): {string.Join(", ", destroyed.Select(Name))}.");
        }

        sentences.AddRange(destroyed.SelectMany(arm => DescribeDestroyed(arm, result.Arms)));
        var fine = naive.Where(arm => arm.Ratio < 1.01).ToArray();
        if (fine.Length > 0)
        {
            sentences.Add($"Within 1 % of the baseline with nothing preserved: {string.Join(", ", fine.Select(Name))}.");
        }

        return sentences;
    }

    private static IEnumerable<string> DescribeDestroyed(ArmResult naive, IReadOnlyList<ArmResult> arms)
    {
        if (Find(arms, naive.Scheme, "channels") is not { } preserved)
        {
            yield break;
        }

        var recovered = (naive.DeltaNll - preserved.DeltaNll) / naive.DeltaNll;
        var from = $"from {NumberText.Ratio(naive.Ratio)} to {NumberText.Ratio(preserved.Ratio)}";
        var kept = $"{NumberText.Short(preserved.MeanChannels)} channels on average";
        if (preserved.MeanChannels == 0)
        {
            yield return $"{naive.Scheme}: the profile suggests no channel to preserve, so preserving changes nothing.";
            yield break;
        }

        yield return recovered >= BroughtBack
            ? $"{naive.Scheme}: preserving {kept} brings it back {from}, {NumberText.Percent(recovered)} of the lost nats. The damage was in those channels."
            : recovered >= Helped
                ? $"{naive.Scheme}: preserving {kept} helps, {from}, {NumberText.Percent(recovered)} of the lost nats; the rest of the damage lies elsewhere."
                : $"{naive.Scheme}: preserving {kept} does not bring it back ({from}): too few bits for all channels, not these few, are the cause.";
        if (recovered < Helped)
        {
            yield break;
        }

        if (Find(arms, naive.Scheme, "clip") is { } clip)
        {
            yield return DescribeClip(naive, preserved, clip);
        }

        if (Find(arms, naive.Scheme, "mean") is { } mean)
        {
            yield return mean.DeltaNll - preserved.DeltaNll <= Alike * naive.DeltaNll
                ? $"{naive.Scheme}: constants in place of those channels do as well ({NumberText.Ratio(mean.Ratio)}), so they act as fixed biases."
                : $"{naive.Scheme}: constants in place of those channels do not do as well ({NumberText.Ratio(mean.Ratio)}), so what varies in them is needed.";
        }
    }

    private static string DescribeClip(ArmResult naive, ArmResult preserved, ArmResult clip)
    {
        var worse = clip.DeltaNll - preserved.DeltaNll;
        return worse <= Alike * naive.DeltaNll
            ? $"{naive.Scheme}: clipping them to the range of the rest does as well ({NumberText.Ratio(clip.Ratio)}): the harm was the inflated scale, and their size is not needed."
            : clip.DeltaNll < (1 - Alike) * naive.DeltaNll
                ? $"{naive.Scheme}: clipping them to the range of the rest helps less ({NumberText.Ratio(clip.Ratio)}): part of the harm was the inflated scale, but their values are needed too."
                : $"{naive.Scheme}: clipping them to the range of the rest does not help ({NumberText.Ratio(clip.Ratio)}): their values are needed.";
    }

    private static bool IsDestroyed(ArmResult arm) => arm.Ratio >= Destroyed && (arm.DeltaNllCi95 is not { } interval || interval.Low > 0);

    private static ArmResult? Find(IReadOnlyList<ArmResult> arms, string scheme, string preserve) =>
        arms.Where(arm => arm.Scheme == scheme && arm.Preserve == preserve).MinBy(arm => arm.DeltaNll);

    private static string Name(ArmResult arm) => $"{arm.Scheme} {NumberText.Ratio(arm.Ratio)}";
}
