using OutlierQuant.Calibration;
using OutlierQuant.Eval.Reports;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Comparison;

/// <summary>Says in words what a comparison found: what naive quantization destroys, what preserving brings back, and what the controls show.</summary>
internal static class ComparisonVerdict
{
    /// <summary>An arm is destroyed when its perplexity is at least this many times the baseline's, and the interval of the difference excludes 0.</summary>
    private const double Destroyed = 1.5;

    /// <summary>The shares of the lost nats that must be recovered to say that an arm is nearly whole, brought back, or helped.</summary>
    private const double NearlyAll = 0.9;
    public const double BroughtBack = 0.6;
    public const double Helped = 0.2;

    /// <summary>Two arms do equally well when the interval of their difference holds 0, or the difference is at most this many nats: 0.5 % of the perplexity.</summary>
    private const double Negligible = 0.005;

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
                ? $"No arm is destroyed without preservation; the worst, {Name(naive.MaxBy(arm => arm.DeltaNll)!)}, stays under {NumberText.Ratio(Destroyed)} the perplexity."
                : $"Without preservation {destroyed.Length} of {naive.Length} arms are destroyed (at least {NumberText.Ratio(Destroyed)} the perplexity): {string.Join(", ", destroyed.Select(Name))}.");
        }

        sentences.AddRange(destroyed.Select(arm => DescribeDestroyed(arm, result.Arms)).OfType<string>());
        sentences.AddRange(FoldVerdict.Describe(result));
        var lost = destroyed.Select(arm => (Naive: arm, Preserved: Find(result.Arms, arm.Scheme, "channels")))
            .Where(pair => pair.Preserved is { MeanChannels: > 0 } preserved && Recovered(pair.Naive, preserved) < Helped).ToArray();
        if (lost.Length > 0)
        {
            sentences.Add($"Preserving channels does not bring back {string.Join(", ", lost.Select(pair => $"{pair.Naive.Scheme} ({NumberText.Ratio(pair.Naive.Ratio)} to {NumberText.Ratio(pair.Preserved!.Ratio)})"))}: the cause is too few bits for every channel, not these few.");
        }

        var fine = naive.Where(arm => arm.Ratio < 1.01).ToArray();
        if (fine.Length > 0)
        {
            sentences.Add($"Within 1 % of the baseline with nothing preserved: {string.Join(", ", fine.Select(Name))}.");
        }

        return sentences;
    }

    /// <summary>Tells in a few sentences what preserving, clipping and constants made of an arm; null when it has no preserving arm beside it, or one that does not help.</summary>
    private static string? DescribeDestroyed(ArmResult naive, IReadOnlyList<ArmResult> arms)
    {
        if (Find(arms, naive.Scheme, "channels") is not { } preserved)
        {
            return null;
        }

        if (preserved.MeanChannels == 0)
        {
            return $"{naive.Scheme}: the profile suggests no channel to preserve, so preserving changes nothing.";
        }

        var recovered = Recovered(naive, preserved);
        var effect = $"{naive.Scheme}: preserving {DescribeChannels(preserved)} takes it from {NumberText.Ratio(naive.Ratio)} to {NumberText.Ratio(preserved.Ratio)}";
        if (recovered < Helped)
        {
            return null;
        }

        return (recovered >= BroughtBack
            ? $"{effect} and brings it back: {NumberText.Percent(recovered)} of the lost nats were due to those channels."
            : $"{effect} and helps: {NumberText.Percent(recovered)} of the lost nats were due to those channels, the rest of the damage lies elsewhere.")
            + (Find(arms, naive.Scheme, "clip") is { } clip ? " " + DescribeClip(naive, preserved, clip) : "")
            + (Find(arms, naive.Scheme, "mean") is { } mean ? " " + DescribeMean(naive, preserved, mean) : "");
    }

    private static string DescribeClip(ArmResult naive, ArmResult preserved, ArmResult clip) =>
        $"Clipping them to the range of the rest ({NumberText.Ratio(clip.Ratio)}) " + ShareOf(naive, preserved, clip) switch
        {
            ControlShare.All => "does as well: the harm was the inflated scale alone, and their size is not needed.",
            ControlShare.Most => $"recovers most of that: the harm was mainly the inflated scale, and their size is worth a further {Further(preserved, clip)}.",
            ControlShare.Some => "helps less: the inflated scale is part of the harm, but their values are needed too.",
            _ => "does not help: their values are needed.",
        };

    private static string DescribeMean(ArmResult naive, ArmResult preserved, ArmResult mean) =>
        $"Constants in their place ({NumberText.Ratio(mean.Ratio)}) " + ShareOf(naive, preserved, mean) switch
        {
            ControlShare.All => "do as well: they act as fixed biases.",
            ControlShare.Most => $"recover most of that: they act mainly as fixed biases, and what varies in them is worth a further {Further(preserved, mean)}.",
            ControlShare.Some => "help less: what varies in them is needed too.",
            _ => "do not help: what varies in them is needed.",
        };

    private static ControlShare ShareOf(ArmResult naive, ArmResult preserved, ArmResult control) =>
        !IsWorse(preserved, control) ? ControlShare.All
        : Recovered(naive, control) >= NearlyAll * Recovered(naive, preserved) ? ControlShare.Most
        : Recovered(naive, control) >= Helped ? ControlShare.Some
        : ControlShare.None;

    private static string Further(ArmResult preserved, ArmResult control) => NumberText.Ratio(Math.Exp(control.DeltaNll - preserved.DeltaNll));

    private static string DescribeChannels(ArmResult arm) => arm.FakeQuantized
        ? $"{NumberText.Count(arm.MeanChannels)} channels of the residual stream"
        : $"{NumberText.Count(arm.MeanChannels)} channels a linear (mean)";

    private static double Recovered(ArmResult naive, ArmResult arm) => (naive.DeltaNll - arm.DeltaNll) / naive.DeltaNll;

    /// <summary>Says whether the second arm is worse than the first, by the paired difference of their losses.</summary>
    private static bool IsWorse(ArmResult first, ArmResult second)
    {
        var difference = ClusteredMean.OfDifference(first.Losses, second.Losses);
        return difference.Mean > Negligible && (difference.Interval95 is not { } interval || interval.Low > 0);
    }

    /// <summary>Says whether an arm differs from the full-precision model by more than is negligible and more than chance.</summary>
    public static bool IsDifferent(ArmResult arm) => Math.Abs(arm.DeltaNll) > Negligible && (arm.DeltaNllCi95 is not { } interval || interval.Low > 0 || interval.High < 0);

    /// <summary>Says whether a naive arm counts as destroyed.</summary>
    public static bool IsDestroyed(ArmResult arm) => arm.Ratio >= Destroyed && (arm.DeltaNllCi95 is not { } interval || interval.Low > 0);

    private static ArmResult? Find(IReadOnlyList<ArmResult> arms, string scheme, string preserve) =>
        arms.Where(arm => arm.Scheme == scheme && arm.Preserve == preserve).MinBy(arm => arm.DeltaNll);

    private static string Name(ArmResult arm) => $"{arm.Scheme} {NumberText.Ratio(arm.Ratio)}";

    /// <summary>How much of what preserving recovers a control recovers too.</summary>
    private enum ControlShare
    {
        None,
        Some,
        Most,
        All,
    }
}
