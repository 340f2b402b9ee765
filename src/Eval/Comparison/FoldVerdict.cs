using OutlierQuant.Calibration.Folding;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Eval.Reports;

namespace OutlierQuant.Eval.Comparison;

/// <summary>Says in words what folding did to the stream, what that was worth to each scheme, and where it does not help, what is left in the stream.</summary>
internal static class FoldVerdict
{
    /// <summary>Writes the sentences; none when no arm folds.</summary>
    public static IEnumerable<string> Describe(ComparisonResult result)
    {
        if (result.Fold is not { } report)
        {
            yield break;
        }

        yield return DescribeStream(report);
        if (report.Fold.Search is { } search)
        {
            yield return $"The prefix was searched for: {search.Steps.Count} tried on {search.Windows} windows, {search.Found.OutlierTokens} tokens with massive values left behind {report.Fold}; {search.Reason}.";
        }

        if (Find(result, Quantizers.Scheme.FullPrecision.Name, "fold") is { } alone)
        {
            yield return ComparisonVerdict.IsDifferent(alone)
                ? $"Folding by itself changes the perplexity in full precision: {NumberText.Ratio(alone.Ratio)}, KL {NumberText.Short(alone.Kl)} nats."
                : $"Folding by itself does not change the full-precision model: KL {NumberText.Short(alone.Kl)} nats.";
        }

        foreach (var naive in result.Arms.Where(arm => arm.Preserve == "none" && ComparisonVerdict.IsDifferent(arm)))
        {
            if (Find(result, naive.Scheme, "fold") is { } fold)
            {
                yield return DescribeArm(result, report, naive, fold);
            }
        }
    }

    private static string DescribeStream(FoldReport report)
    {
        var before = report.Fold.Before!.Findings;
        var largest = Entry(report.After.Largest, report.After.LargestBlock);
        return (before.Largest.Position == 0
                ? $"Folding {report.Fold} removes {Entry(before.Largest, before.LargestBlock)} from the stream; the largest value that is left is {largest}. "
                : $"Folding {report.Fold} leaves the largest value of the stream, which is at another token: {largest}. ")
            + $"The static scale of {Finer(report.Inputs)} of {report.Inputs.Count} linear inputs and {Finer(report.BlockOutputs)} of {report.BlockOutputs.Count} block outputs becomes finer by {NumberText.Percent(FoldReport.Finer - 1)} or more. "
            + (report.After.MassiveCoordinates == 0 && report.After.OutlierTokens == 0
                ? "Nothing that is left passes sun2024 or prefixquant."
                : $"{report.After.MassiveCoordinates} coordinates that are left pass sun2024, {report.After.OutlierTokens} outlier tokens prefixquant.");
    }

    private static string DescribeArm(ComparisonResult result, FoldReport report, ArmResult naive, ArmResult fold)
    {
        var share = (naive.DeltaNll - fold.DeltaNll) / naive.DeltaNll;
        var effect = $"{naive.Scheme}: folding takes it from {NumberText.Ratio(naive.Ratio)} to {NumberText.Ratio(fold.Ratio)}";
        var text = share >= ComparisonVerdict.BroughtBack ? $"{effect}: {NumberText.Percent(share)} of the lost nats came with the folded tokens."
            : share >= ComparisonVerdict.Helped ? $"{effect} and helps: {NumberText.Percent(share)} of the lost nats came with the folded tokens, the rest with what is left: {Left(report, naive)}."
            : $"{effect} and does not help, because of what is left: {Left(report, naive)}.";
        if (Find(result, naive.Scheme, "fold+channels") is { } both)
        {
            text += $" With {NumberText.Count(both.MeanChannels)} channels preserved as well: {NumberText.Ratio(both.Ratio)}"
                + (Find(result, naive.Scheme, "channels") is { } channels ? $" (channels alone {NumberText.Ratio(channels.Ratio)})." : ".");
        }

        return text;
    }

    private static string Left(FoldReport report, ArmResult arm)
    {
        var ranges = arm.FakeQuantized ? report.BlockOutputs : report.Inputs;
        var widest = ranges.MaxBy(range => range.AbsMaxAfter)!;
        var what = arm.FakeQuantized ? $"the output of block {widest.Block}" : widest.Linears[0];
        var kept = ranges.Count - Finer(ranges);
        return (kept == 0 ? "" : $"{kept} of {ranges.Count} {(arm.FakeQuantized ? "block outputs" : "linear inputs")} keep their scale, because their largest values lie at other tokens; ")
            + $"the widest, {what}, still reaches {NumberText.Short(widest.AbsMaxAfter)} ({NumberText.Short(widest.AbsMaxBefore)} before)";
    }

    private static string Entry(TopEntry entry, int block) =>
        $"{NumberText.Short(entry.Value)} ({NumberText.Ratio(entry.Ratio)} the median; channel {entry.Channel} at '{entry.Token}', block {block})";

    private static int Finer(IReadOnlyList<ScaleChange> ranges) => ranges.Count(range => range.Ratio >= FoldReport.Finer);

    private static ArmResult? Find(ComparisonResult result, string scheme, string preserve) =>
        result.Arms.Where(arm => arm.Scheme == scheme && arm.Preserve == preserve).MinBy(arm => arm.DeltaNll);
}
