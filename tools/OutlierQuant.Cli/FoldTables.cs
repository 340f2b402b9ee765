using System.Globalization;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval.Folding;
using Spectre.Console;

namespace OutlierQuant.Cli;

/// <summary>Prints what folding did to a model.</summary>
internal static class FoldTables
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Prints how the fold came about, what the detectors find before and after, and every range with its scale.</summary>
    public static void Show(FoldReport report, UserConsole console)
    {
        console.Output.WriteLine($"Folded: {report.Fold}");
        ShowSearch(report.Fold.Search, console);
        foreach (string line in Describe(report.Fold))
        {
            console.Output.WriteLine(line);
        }

        StreamFindings before = report.Fold.Before!.Findings, after = report.After;
        Table findings = Tables.Create("<in the stream", "<before", "<after");
        Tables.AddRow(findings, "largest entry", Entry(before), Entry(after));
        Tables.AddRow(findings, "massive coordinates (sun2024)", Count(before.MassiveCoordinates), Count(after.MassiveCoordinates));
        Tables.AddRow(findings, "outlier tokens (prefixquant)", Count(before.OutlierTokens), Count(after.OutlierTokens));
        Tables.AddRow(findings, "largest token over the median, down projections", Number(before.LargestTokenRatio), Number(after.LargestTokenRatio));
        Tables.AddRow(findings, "modules above the score (qfem)", Count(before.QfemModules), Count(after.QfemModules));
        Tables.AddRow(findings, "outlier columns (llmint8)", Count(before.LlmInt8Columns), Count(after.LlmInt8Columns));
        console.Write(findings);
        Table ranges = Tables.Create("<linear input or block output", "max before", "max after", "int8 scale before", "int8 scale after", "ratio");
        foreach (ScaleChange change in report.Inputs)
        {
            AddRow(ranges, change.Linears[0] + string.Concat(change.Linears.Skip(1).Select(name => ", " + name[(name.LastIndexOf('.') + 1)..])), change);
        }

        foreach (ScaleChange change in report.BlockOutputs)
        {
            AddRow(ranges, $"output of block {change.Block}", change);
        }

        console.Write(ranges);
    }

    /// <summary>Says in a line each what merging and dropping did.</summary>
    public static IEnumerable<string> Describe(FoldProfile fold)
    {
        if (fold.Merge is { } merge)
        {
            yield return string.Create(Culture, $"Merged {merge.Slots} pairs a head into one: the log-sum-exp of their scores is missed by {merge.KeyResidual:G3} nats (root mean square over heads), at worst {merge.Worst.KeyResidual:G3} in block {merge.Worst.Block}, head {merge.Worst.Head}.");
        }

        if (fold.Drop is { } drop)
        {
            ValueShare smallest = drop.Values.MinBy(value => value.Share)!;
            yield return string.Create(Culture, $"Dropped {drop.Dropped} of {drop.Values.Count} constant values, those below {drop.Bound:G3} of their head's mean value norm; the smallest is {smallest.Share:G3} (block {smallest.Block}, head {smallest.Head}).");
        }
    }

    /// <summary>Says what the fold by itself costs.</summary>
    public static string Describe(FoldCost cost) => string.Create(
        Culture,
        $"perplexity {cost.Perplexity:F4} to {cost.FoldedPerplexity:F4}, Δnll {cost.DeltaNll:+0.00000;-0.00000}, KL {cost.Kl:G3} nats on {cost.Windows} windows of {cost.Source}");

    private static void ShowSearch(FoldSearchResult? search, UserConsole console)
    {
        if (search is null)
        {
            return;
        }

        Table table = Tables.Create("<prefix tried", "<token ids", "tokens with massive values behind it", "<most frequent");
        foreach (FoldSearchStep step in search.Steps)
        {
            Tables.AddRow(
                table,
                string.Join(" ", step.Prefix.Select(token => token.Token)),
                string.Join(",", step.Prefix.Select(token => token.TokenId)),
                Count(step.OutlierTokens),
                string.Join("  ", step.Most.Select(most => $"{most.Token} {Count(most.Count)}")));
        }

        console.Write(table);
        console.Output.WriteLine($"{(search.Suffices ? "The prefix suffices" : "No prefix that was tried suffices")} on {search.Windows} windows: {search.Reason}.");
    }

    private static void AddRow(Table table, string name, ScaleChange change) => Tables.AddRow(
        table, name, Number(change.AbsMaxBefore), Number(change.AbsMaxAfter), Number(change.ScaleBefore), Number(change.ScaleAfter), change.Ratio.ToString("F2", Culture));

    private static string Entry(StreamFindings findings) => string.Create(
        Culture, $"{findings.Largest.Value:F1}, {findings.Largest.Ratio:F1} × the median (block {findings.LargestBlock}, channel {findings.Largest.Channel}, '{findings.Largest.Token}')");

    private static string Count(int count) => Tables.Count(count);

    private static string Number(double value) => value.ToString("G4", Culture);
}
