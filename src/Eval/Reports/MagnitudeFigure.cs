using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Eval.Reports;

/// <summary>Draws the three largest magnitudes and the median of every block's output on a log scale, as figure 2 of Sun et al. (arXiv:2402.17762) does.</summary>
internal static class MagnitudeFigure
{
    private const double Width = 860;
    private const double Height = 360;
    private const double Left = 64;
    private const double Right = 170;
    private const double Top = 22;
    private const double Bottom = 48;

    public static void Draw(Markup page, IReadOnlyList<BlockProfile> blocks, Onset onset)
    {
        var series = new[]
        {
            new Series("top-1", "largest", [.. blocks.Select(block => Magnitude(block, 0))]),
            new Series("top-2", "second", [.. blocks.Select(block => Magnitude(block, 1))]),
            new Series("top-3", "third", [.. blocks.Select(block => Magnitude(block, 2))]),
            new Series("median", "median", [.. blocks.Select(block => (double?)block.Median)]),
        };
        var values = series.SelectMany(line => line.Values).OfType<double>().Where(value => value > 0).DefaultIfEmpty(1).ToArray();
        var axis = new LogAxis(values.Min() / 1.5, values.Max() * 1.5, Height - Bottom, Top);

        page.Line($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-labelledby=\"magnitudes-title magnitudes-description\">");
        page.Line($"<title id=\"magnitudes-title\">Largest magnitudes of each block's output</title>");
        page.Line($"<desc id=\"magnitudes-description\">{Describe(blocks)}</desc>");
        DrawOnset(page, onset, blocks.Count);
        foreach (var tick in axis.Ticks(9))
        {
            page.Line($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{axis.At(tick):0.#}\" y2=\"{axis.At(tick):0.#}\"/>");
            page.Line($"<text class=\"tick end\" x=\"{Left - 8}\" y=\"{axis.At(tick) + 4:0.#}\">{NumberText.Tick(tick)}</text>");
        }

        var every = Math.Max(1, (blocks.Count + 19) / 20);
        for (var index = 0; index < blocks.Count; index += every)
        {
            page.Line($"<text class=\"tick middle\" x=\"{X(index, blocks.Count):0.#}\" y=\"{Height - Bottom + 18}\">{blocks[index].Block}</text>");
        }

        page.Line($"<text class=\"label middle\" x=\"{(Left + Width - Right) / 2:0.#}\" y=\"{Height - 8}\">block</text>");
        page.Line($"<text class=\"label\" x=\"{8}\" y=\"{14}\">magnitude (log scale)</text>");
        DrawSeries(page, series, blocks, axis);
        page.Line($"</svg>");
    }

    private static void DrawOnset(Markup page, Onset onset, int count)
    {
        var half = count < 2 ? 20 : (X(1, count) - X(0, count)) / 2;
        var middle = X(onset.Block, count);
        var left = Math.Max(Left, middle - Math.Min(half, 30));
        var right = Math.Min(Width - Right, middle + Math.Min(half, 30));
        page.Line($"<rect class=\"band\" x=\"{left:0.#}\" y=\"{Top}\" width=\"{right - left:0.#}\" height=\"{Height - Top - Bottom}\"/>");
        var text = onset.IsMassive ? "first massive block" : "strongest candidates";
        var anchor = middle < Left + 90 ? "" : middle > Width - Right - 90 ? " end" : " middle";
        page.Line($"<text class=\"note{anchor}\" x=\"{Math.Clamp(middle, Left + 2, Width - Right - 2):0.#}\" y=\"{Top - 6}\">{text}</text>");
    }

    private static void DrawSeries(Markup page, Series[] series, IReadOnlyList<BlockProfile> blocks, LogAxis axis)
    {
        foreach (var line in series)
        {
            var points = line.Values.Select((value, index) => (X: X(index, blocks.Count), Value: value)).Where(point => point.Value > 0).ToArray();
            page.Raw($"<polyline class=\"line {line.Class}\" points=\"");
            foreach (var (x, value) in points)
            {
                page.Raw(FormattableString.Invariant($"{x:0.#},{axis.At(value!.Value):0.#} "));
            }

            page.Line($"\"/>");
        }

        foreach (var (line, rank) in series.Select((line, rank) => (line, rank)).Reverse())
        {
            for (var index = 0; index < blocks.Count; index++)
            {
                if (line.Values[index] is { } value && value > 0)
                {
                    page.Line($"<circle class=\"dot {line.Class}\" cx=\"{X(index, blocks.Count):0.#}\" cy=\"{axis.At(value):0.#}\" r=\"{3.6}\"><title>{Explain(blocks[index], rank)}</title></circle>");
                }
            }
        }

        DrawLabels(page, series, axis);
    }

    /// <summary>Labels the lines at their right ends, pushed apart where they would overlap.</summary>
    private static void DrawLabels(Markup page, Series[] series, LogAxis axis)
    {
        var y = double.NegativeInfinity;
        foreach (var line in series)
        {
            if (line.Values[^1] is not { } value || value <= 0)
            {
                continue;
            }

            y = Math.Max(axis.At(value) + 4, y + 16);
            page.Line($"<text class=\"name {line.Class}\" x=\"{Width - Right + 12}\" y=\"{y:0.#}\">{line.Name} {NumberText.Short(value)}</text>");
        }
    }

    private static double X(int index, int count) => count < 2 ? (Left + Width - Right) / 2 : Left + 24 + (index * (Width - Left - Right - 48) / (count - 1));

    private static double? Magnitude(BlockProfile block, int rank) => rank < block.Top.Count ? Math.Abs((double)block.Top[rank].Value) : null;

    private static string Explain(BlockProfile block, int rank)
    {
        if (rank >= block.Top.Count || rank > 2)
        {
            return $"block {block.Block}: median {NumberText.Short(block.Median)}";
        }

        var entry = block.Top[rank];
        return $"block {block.Block}: {NumberText.Short(entry.Value)} at token '{entry.Token}' (position {entry.Position}), channel {entry.Channel}, {NumberText.Ratio(entry.Ratio)} the median";
    }

    private static string Describe(IReadOnlyList<BlockProfile> blocks) =>
        string.Join(' ', blocks.Select(block => $"Block {block.Block}: largest {NumberText.Short(Magnitude(block, 0) ?? 0)}, median {NumberText.Short(block.Median)}."));

    private sealed record Series(string Class, string Name, double?[] Values);
}
