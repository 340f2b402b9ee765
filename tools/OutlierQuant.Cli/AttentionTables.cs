using System.Globalization;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval.Attention;
using Spectre.Console;

namespace OutlierQuant.Cli;

/// <summary>Prints a study of attention: in words, as tables, and one map as shaded blocks.</summary>
internal static class AttentionTables
{
    /// <summary>More heads than this are shaded instead of printed.</summary>
    private const int MostHeadColumns = 16;

    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Prints everything.</summary>
    public static void Show(AttentionResult result, UserConsole console)
    {
        TextWriter output = console.Output;
        output.WriteLine(string.Create(Culture, $"Attention of {result.Model} on {result.Source}: {result.Windows} of {result.WindowsInText} windows of {result.Context} tokens, {(result.Bos ? "with" : "without")} BOS; the sink metric on {result.SinkMetrics[0].Windows} windows of {result.SinkLength}"));
        foreach (string sentence in result.Verdict)
        {
            output.WriteLine(sentence);
        }

        ShowMetrics(result, console);
        if (result.Sinks.Count > 0)
        {
            ShowSinks(result, console);
        }

        ShowHeads(result, console);
        foreach (AttentionMap map in result.Picture.Heads.Take(1))
        {
            output.WriteLine();
            ShadedMap.Write(map, result.Picture, output);
        }

        output.WriteLine();
        output.WriteLine(string.Create(Culture, $"Closed form out = (1 − s) · v′ + s · out_rest, for the sink at position 0: differs from the attention that the model computed by at most {result.ClosedFormDifference:0.0e0} of its norm."));
    }

    private static void ShowMetrics(AttentionResult result, UserConsole console)
    {
        int positions = Math.Min(4, result.SinkMetrics[0].SinkByPosition.Count);
        Table table = Tables.Create(["<tokens", "<BOS", "windows", .. Enumerable.Range(0, positions).Select(k => $"Sink({k})"), "largest beyond"]);
        foreach (SinkMetric metric in result.SinkMetrics)
        {
            double[] beyond = [.. metric.SinkByPosition.Skip(positions)];
            Tables.AddRow(
                table,
                [
                    metric.Tokens, metric.Bos ? "yes" : "no", Tables.Count(metric.Windows), .. metric.SinkByPosition.Take(positions).Select(Tables.Percent),
                    beyond.Length == 0 ? "" : $"{Tables.Percent(beyond.Max())} at {positions + Array.IndexOf(beyond, beyond.Max())}",
                ]);
        }

        console.Write(table);
        console.Output.WriteLine(string.Create(Culture, $"Sink(k): share of heads and windows whose mean attention to position k exceeds {result.SinkThreshold} (Gu et al., arXiv:2410.10781)."));
    }

    private static void ShowSinks(AttentionResult result, UserConsole console)
    {
        Table table = Tables.Create("<sink", "occurrences", "sink rate", "heads over ε", "strongest head", "its α", "share of attention");
        foreach ((int index, SinkToken sink) in result.Sinks.Index())
        {
            double[] shares = [.. result.Heads.Select(head => head.Shares[index]).OfType<double>()];
            Tables.AddRow(
                table, sink.Name, Tables.Count(sink.Occurrences), Tables.Percent(sink.SinkRate), $"{sink.HeadsOver} of {result.Heads.Count}", sink.Strongest.ToString(), sink.StrongestAlpha.ToString("F3", Culture), shares.Length == 0 ? "" : Tables.Percent(shares.Average()));
        }

        console.Write(table);
    }

    private static void ShowHeads(AttentionResult result, UserConsole console)
    {
        HeadAttention[][] blocks = [.. result.Heads.GroupBy(head => head.Block).Select(block => block.ToArray())];
        bool wide = blocks[0].Length > MostHeadColumns;
        Table table = Tables.Create(["block", "mean", "<D/M/A", .. wide ? ["<heads, shaded"] : Enumerable.Range(0, blocks[0].Length).Select(head => $"head {head}"), "gate s", "‖v′‖/‖v‖", "sink score", "other score"]);
        foreach (HeadAttention[] block in blocks)
        {
            Tables.AddRow(
                table,
                [
                    block[0].Block.ToString(Culture),
                    Tables.Percent(block.Average(head => head.SinkShare)),
                    string.Join('/', Enum.GetValues<HeadClass>().Select(kind => block.Count(head => head.Class == kind))),
                    .. wide ? [string.Concat(block.Select(head => ShadedMap.Shade(head.SinkShare)))] : block.Select(head => $"{Tables.Percent(head.SinkShare)} {head.Class.ToString()[0]}"),
                    Mean(block.Select(head => head.Gate?.P50), "F3"),
                    Mean(block.Select(head => head.SinkValueNorm), "F3"),
                    Mean(block.Select(head => head.SinkScore), "F2"),
                    Mean(block.Select(head => (double?)head.OtherScore), "F2"),
                ]);
        }

        console.Write(table);
        console.Output.WriteLine("heads: share of attention that all sinks get, and the class D(ormant), M(ixed), A(ctive). gate s: median over queries; scores: before softmax; these and ‖v′‖/‖v‖ are means over heads.");
    }

    private static string Mean(IEnumerable<double?> values, string format)
    {
        double[] known = [.. values.OfType<double>()];
        return known.Length == 0 ? "" : known.Average().ToString(format, Culture);
    }
}
