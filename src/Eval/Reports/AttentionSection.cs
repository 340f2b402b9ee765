using OutlierQuant.Eval.Attention;

namespace OutlierQuant.Eval.Reports;

/// <summary>Where attention goes: concentration by head, maps with and without sinks, the metric, dormant heads.</summary>
internal static class AttentionSection
{
    public static void Draw(Markup page, AttentionResult attention)
    {
        page.Line($"<section id=\"attention\"><h2>Attention sinks</h2>");
        SectionText.Sentences(page, attention.Verdict);
        page.Line($"<p>Share of each head's attention, in percent, that all {Definitions.Of("sink", "sinks")} before the query get together; {attention.Windows} windows of {attention.Source}.</p>");
        page.Line($"<figure>");
        HeadFigure.Draw(page, attention.Heads);
        page.Line($"</figure>");
        DrawMaps(page, attention.Picture);
        DrawMetric(page, attention);
        DrawHeads(page, attention);
        page.Line($"</section>");
    }

    private static void DrawMaps(Markup page, AttentionPicture picture)
    {
        page.Line($"<h3>Attention maps</h3><p>The first {picture.Tokens.Count} of {picture.TokensInWindow} tokens of one window. Without the sink: its key is masked and the rest divided by what it sums to. Averaged over the heads of a block, and single heads: those that attend to the sinks most, as the median does, and least.</p>");
        DrawPairs(page, "block-maps", "Attention averaged over heads, with and without the sink", picture.Blocks);
        DrawPairs(page, "head-maps", "Attention of single heads, with and without the sink", picture.Heads);
        var scores = picture.Blocks.SelectMany(map => map.Scores.Rows).SelectMany(row => row).ToArray();
        var (low, high) = (scores.Min(), Math.Max(scores.Max(), scores.Min() + 1e-9));
        page.Line($"<h3>Scores before softmax</h3><p>Averaged over the heads of a block, as Sun et al. draw them: the column of a sink that is one before softmax stands out in every row.</p><figure>");
        AttentionMapFigure.Draw(page, "scores", "Scores before softmax, averaged over heads", [.. picture.Blocks.Select(map => $"block {map.Block}")], [("mean", [.. picture.Blocks.Select(map => (LowerTriangle?)map.Scores)])], low, high);
        page.Line($"</figure>");
    }

    private static void DrawPairs(Markup page, string id, string title, IReadOnlyList<AttentionMap> maps)
    {
        page.Line($"<figure>");
        AttentionMapFigure.Draw(page, id, title, [.. maps.Select(NameOf)], [("with", [.. maps.Select(map => (LowerTriangle?)map.WithSink)]), ("without", [.. maps.Select(map => map.WithoutSink)])], 0, 1);
        page.Line($"</figure>");
    }

    private static void DrawMetric(Markup page, AttentionResult attention)
    {
        page.Line($"<h3>Sink metric</h3>");
        ReportTable.Draw(
            page,
            2,
            ["tokens", "BOS", "windows", Definitions.Of("alpha", FormattableString.Invariant($"sink metric at position 0 (ε = {attention.SinkThreshold}, T = {attention.SinkLength})"))],
            attention.SinkMetrics.Select(metric => (string?[])[metric.Tokens, metric.Bos ? "yes" : "no", NumberText.Count(metric.Windows), NumberText.Percent(metric.First)]));
        if (attention.Sinks.Count > 0)
        {
            ReportTable.Draw(
                page,
                1,
                [Definitions.Of("sink", "sink"), "occurrences", "heads over ε", "strongest head", Definitions.Of("alpha", "its α")],
                attention.Sinks.Select(sink => (string?[])[sink.Name, NumberText.Count(sink.Occurrences), NumberText.Count(sink.HeadsOver), sink.Strongest.ToString(), NumberText.Short(sink.StrongestAlpha)]));
        }
    }

    private static void DrawHeads(Markup page, AttentionResult attention)
    {
        page.Line($"<h3>Heads</h3><p>The closed form (1 − s) · v′ + s · rest, computed from probabilities, differs from what attention adds up by at most {attention.ClosedFormDifference:0.0e0} of its norm.</p>");
        ReportTable.Draw(
            page,
            2,
            ["head", Definitions.Of("dormant", "class"), "parked queries", "to sinks", Definitions.Of("gate", "mean gate s"), "s, 5 to 95 %", "norm of v′ over others"],
            attention.Heads.Select(head => (string?[])
            [
                $"{head.Block}.{head.Head}",
                SectionText.Words(head.Class),
                NumberText.Percent(head.ParkedShare),
                NumberText.Percent(head.SinkShare),
                head.Gate is { } gate ? NumberText.Short(gate.Mean) : null,
                head.Gate is { } spread ? $"{NumberText.Short(spread.P05)} to {NumberText.Short(spread.P95)}" : null,
                head.SinkValueNorm is { } norm ? NumberText.Short(norm) : null,
            ]));
    }

    private static string NameOf(AttentionMap map) => map.Head is { } head ? $"head {map.Block}.{head}" : $"block {map.Block}";
}
