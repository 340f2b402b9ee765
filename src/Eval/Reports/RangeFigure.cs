using OutlierQuant.Calibration.Folding;

namespace OutlierQuant.Eval.Reports;

/// <summary>Draws the largest magnitude of tensors before and after a fold, a line for each.</summary>
internal static class RangeFigure
{
    private const double Width = 860;
    private const double Left = 330;
    private const double Right = 40;
    private const double Top = 34;
    private const double RowHeight = 13;

    public static void Draw(Markup page, IReadOnlyList<(string Name, ScaleChange Change)> rows)
    {
        var ends = rows.SelectMany(row => new[] { (double)row.Change.AbsMaxBefore, row.Change.AbsMaxAfter }).Where(value => value > 0).DefaultIfEmpty(1).ToArray();
        var axis = new LogAxis(ends.Min() / 1.2, ends.Max() * 1.2, Left, Width - Right);
        var bottom = Top + (rows.Count * RowHeight);
        page.Line($"<svg viewBox=\"0 0 {Width} {bottom + 10:0.#}\" role=\"img\" aria-labelledby=\"ranges-title ranges-description\">");
        page.Line($"<title id=\"ranges-title\">Largest magnitudes before and after folding</title>");
        page.Line($"<desc id=\"ranges-description\">{rows.Count(row => row.Change.Ratio >= FoldReport.Finer)} of {rows.Count} ranges become smaller by {NumberText.Percent(FoldReport.Finer - 1)} or more.</desc>");
        foreach (var tick in axis.Ticks(9))
        {
            page.Line($"<line class=\"grid\" x1=\"{axis.At(tick):0.#}\" x2=\"{axis.At(tick):0.#}\" y1=\"{Top - 6}\" y2=\"{bottom:0.#}\"/><text class=\"tick middle\" x=\"{axis.At(tick):0.#}\" y=\"{Top - 12}\">{NumberText.Tick(tick)}</text>");
        }

        for (var index = 0; index < rows.Count; index++)
        {
            var (name, change) = rows[index];
            var y = Top + ((index + 0.5) * RowHeight);
            var (before, after) = (axis.At(change.AbsMaxBefore), axis.At(change.AbsMaxAfter));
            page.Line($"<g><title>{name}: {NumberText.Short(change.AbsMaxBefore)} before, {NumberText.Short(change.AbsMaxAfter)} after</title><text class=\"tick end\" x=\"{Left - 8}\" y=\"{y + 4:0.#}\">{name}</text>");
            page.Line($"<line class=\"base\" x1=\"{after:0.#}\" x2=\"{before:0.#}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/><circle class=\"open\" cx=\"{before:0.#}\" cy=\"{y:0.#}\" r=\"4\"/><circle class=\"bar fold\" cx=\"{after:0.#}\" cy=\"{y:0.#}\" r=\"3.4\"/></g>");
        }

        page.Line($"</svg>");
    }
}
