namespace OutlierQuant.Eval.Reports;

/// <summary>Draws perplexities relative to a baseline as bars on a log scale with confidence whiskers, in named groups.</summary>
internal static class RatioFigure
{
    private const double Width = 860;
    private const double Left = 250;
    private const double Right = 90;
    private const double Top = 40;
    private const double RowHeight = 15;
    private const double GroupGap = 9;

    public static void Draw(Markup page, string id, string title, string baseline, IReadOnlyList<RatioRow> rows)
    {
        var ends = rows.SelectMany(row => new[] { row.Ratio, row.Interval?.Low ?? row.Ratio, row.Interval?.High ?? row.Ratio }).ToArray();
        var high = Math.Max(ends.Max(), 1.02);
        var low = Math.Min(ends.Min(), 1) / Math.Pow(high, 0.01);
        var axis = new LogAxis(low, high * Math.Pow(high, 0.02), Left, Width - Right);
        var groups = rows.Select(row => row.Group).Distinct().Count();
        var bottom = Top + (rows.Count * RowHeight) + (groups * GroupGap);

        page.Line($"<svg viewBox=\"0 0 {Width} {bottom + 14:0.#}\" role=\"img\" aria-labelledby=\"{id}-title {id}-description\">");
        page.Line($"<title id=\"{id}-title\">{title}</title>");
        page.Line($"<desc id=\"{id}-description\">Bars of the perplexity relative to {baseline} on a log scale, whiskers for the 95 % interval. {string.Join(". ", rows.Select(Explain))}.</desc>");
        page.Line($"<text class=\"label\" x=\"{Left}\" y=\"{12}\">perplexity relative to {baseline} (log scale)</text>");
        foreach (var tick in axis.Ticks(10))
        {
            page.Line($"<line class=\"grid\" x1=\"{axis.At(tick):0.#}\" x2=\"{axis.At(tick):0.#}\" y1=\"{Top - 6}\" y2=\"{bottom:0.#}\"/>");
            page.Line($"<text class=\"tick middle\" x=\"{axis.At(tick):0.#}\" y=\"{Top - 11}\">×{NumberText.Tick(tick)}</text>");
        }

        var y = Top;
        string? group = null;
        foreach (var row in rows)
        {
            if (row.Group != group)
            {
                y += GroupGap;
                group = row.Group;
                page.Line($"<text class=\"group end\" x=\"{Left - 76}\" y=\"{y + 11.5:0.#}\">{row.Group}</text>");
            }

            DrawRow(page, row, axis, y);
            y += RowHeight;
        }

        page.Line($"<line class=\"base\" x1=\"{axis.At(1):0.#}\" x2=\"{axis.At(1):0.#}\" y1=\"{Top - 6}\" y2=\"{bottom:0.#}\"/>");
        page.Line($"</svg>");
    }

    private static void DrawRow(Markup page, RatioRow row, LogAxis axis, double y)
    {
        var (from, to) = (Math.Min(axis.At(1), axis.At(row.Ratio)), Math.Max(axis.At(1), axis.At(row.Ratio)));
        var middle = y + (RowHeight / 2);
        page.Line($"<g><title>{Explain(row)}</title>");
        page.Line($"<text class=\"tick end {row.Class}\" x=\"{Left - 8}\" y=\"{middle + 4:0.#}\">{row.Label}</text>");
        page.Line($"<rect class=\"bar {row.Class}\" x=\"{from:0.#}\" y=\"{y + 2:0.#}\" width=\"{Math.Max(1.5, to - from):0.#}\" height=\"{RowHeight - 4}\"/>");
        if (row.Interval is { } interval)
        {
            var (left, right) = (axis.At(interval.Low), axis.At(interval.High));
            page.Line($"<path class=\"whisker\" d=\"M{left:0.#} {middle - 3:0.#}v6m0 -3H{right:0.#}m0 -3v6\"/>");
            to = Math.Max(to, right);
        }

        page.Line($"<text class=\"tick\" x=\"{to + 6:0.#}\" y=\"{middle + 4:0.#}\">{NumberText.Ratio(row.Ratio)}</text></g>");
    }

    private static string Explain(RatioRow row) => row.Interval is { } interval
        ? $"{row.Group}, {row.Label}: {NumberText.Ratio(row.Ratio)}, 95 % interval {NumberText.Ratio(interval.Low)} to {NumberText.Ratio(interval.High)}"
        : $"{row.Group}, {row.Label}: {NumberText.Ratio(row.Ratio)}";
}
