using OutlierQuant.Eval.Attention;

namespace OutlierQuant.Eval.Reports;

/// <summary>Draws the attention that all sinks get, a cell for each head of each block.</summary>
internal static class HeadFigure
{
    private const double Width = 860;
    private const double Left = 64;
    private const double Top = 40;
    private const double CellHeight = 22;
    private const int MostWithText = 16;

    public static void Draw(Markup page, IReadOnlyList<HeadAttention> heads)
    {
        var columns = heads.Max(head => head.Head) + 1;
        var blocks = heads.Max(head => head.Block) + 1;
        var cellWidth = Math.Min(90, (Width - Left - 10) / columns);
        page.Line($"<svg viewBox=\"0 0 {Width} {Top + (blocks * CellHeight) + 10:0.#}\" role=\"img\" aria-labelledby=\"heads-title heads-description\">");
        page.Line($"<title id=\"heads-title\">Attention that sinks get, by block and head</title>");
        page.Line($"<desc id=\"heads-description\">The largest is {NumberText.Percent(heads.Max(head => head.SinkShare))}, the mean {NumberText.Percent(heads.Average(head => head.SinkShare))}.</desc>");
        page.Line($"<text class=\"label\" x=\"{Left}\" y=\"{12}\">head</text><text class=\"label\" x=\"8\" y=\"{Top - 6}\">block</text>");
        var every = Math.Max(1, (columns + 15) / 16);
        for (var head = 0; head < columns; head += every)
        {
            page.Line($"<text class=\"tick middle\" x=\"{Left + ((head + 0.5) * cellWidth):0.#}\" y=\"{Top - 8}\">{head}</text>");
        }

        foreach (var head in heads)
        {
            var (x, y) = (Left + (head.Head * cellWidth), Top + (head.Block * CellHeight));
            page.Line($"<rect x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{cellWidth - 1:0.#}\" height=\"{CellHeight - 1:0.#}\" fill=\"{ColourRamp.At(head.SinkShare)}\"><title>block {head.Block}, head {head.Head}: {NumberText.Percent(head.SinkShare)} to sinks, {NumberText.Percent(head.ParkedShare)} of queries parked, {SectionText.Words(head.Class)}</title></rect>");
            if (columns <= MostWithText)
            {
                page.Line($"<text class=\"cell middle\" x=\"{x + (cellWidth / 2):0.#}\" y=\"{y + 15:0.#}\">{100 * head.SinkShare:0}</text>");
            }

            if (head.Head == 0)
            {
                page.Line($"<text class=\"tick end\" x=\"{Left - 8}\" y=\"{y + 15:0.#}\">{head.Block}</text>");
            }
        }

        page.Line($"</svg>");
    }
}
