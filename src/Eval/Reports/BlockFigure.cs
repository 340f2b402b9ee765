namespace OutlierQuant.Eval.Reports;

/// <summary>Draws the tokens of a window against some channels of a block's output: colour is the magnitude on a log scale, and bars above show each token's largest value to true scale.</summary>
internal static class BlockFigure
{
    private const double Width = 860;
    private const double Left = 64;
    private const double Right = 100;
    private const double BarTop = 30;
    private const double BarHeight = 90;
    private const double CellHeight = 15;
    private const double TokenSpace = 74;
    private const int LabelledCells = 4;

    public static void Draw(Markup page, BlockSample sample)
    {
        var magnitudes = sample.Values.SelectMany(row => row).Select(value => Math.Abs((double)value)).ToArray();
        var high = Math.Max(magnitudes.Max(), sample.Median * 1.01);
        var colours = new LogAxis(Math.Max(sample.Median / 10, high / 1e6), high, 0, 1);
        var cellWidth = (Width - Left - Right) / sample.Tokens.Count;
        var top = BarTop + BarHeight + 10;
        var bottom = top + (CellHeight * sample.Channels.Count);

        page.Line($"<svg viewBox=\"0 0 {Width} {bottom + TokenSpace:0.#}\" role=\"img\" aria-labelledby=\"block-title block-description\">");
        page.Line($"<title id=\"block-title\">Output of block {sample.Block}: tokens against channels</title>");
        page.Line($"<desc id=\"block-description\">{Describe(sample, high)}</desc>");
        DrawBars(page, sample, high, cellWidth);
        for (var token = 0; token < sample.Tokens.Count; token++)
        {
            var x = Left + (token * cellWidth);
            for (var channel = 0; channel < sample.Channels.Count; channel++)
            {
                var value = sample.Values[token][channel];
                page.Line($"<rect x=\"{x:0.##}\" y=\"{top + (channel * CellHeight):0.##}\" width=\"{cellWidth - 0.6:0.##}\" height=\"{CellHeight - 0.6}\" fill=\"{ColourRamp.At(colours.At(Math.Abs(value)))}\"><title>'{sample.Tokens[token]}' (position {token}), channel {sample.Channels[channel]}: {NumberText.Short(value)}</title></rect>");
            }

            page.Line($"<text class=\"tick end\" transform=\"translate({x + (cellWidth / 2) + 3:0.#} {bottom + 10:0.#}) rotate(-55)\">{Shorten(sample.Tokens[token])}</text>");
        }

        DrawChannelNames(page, sample, top);
        DrawLargest(page, sample, cellWidth, top);
        DrawLegend(page, colours, sample.Median, top, bottom);
        page.Line($"<text class=\"label\" x=\"{8}\" y=\"{top - 5:0.#}\">channel</text>");
        page.Line($"</svg>");
    }

    private static void DrawBars(Markup page, BlockSample sample, double high, double cellWidth)
    {
        page.Line($"<text class=\"label\" x=\"{8}\" y=\"{14}\">largest magnitude shown at each token (linear scale)</text>");
        var floor = BarTop + BarHeight;
        foreach (var share in new[] { 0.5, 1 })
        {
            var y = floor - (share * BarHeight);
            page.Line($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y}\" y2=\"{y}\"/>");
            page.Line($"<text class=\"tick end\" x=\"{Left - 8}\" y=\"{y + 4}\">{NumberText.Tick(Math.Round(share * high))}</text>");
        }

        for (var token = 0; token < sample.Tokens.Count; token++)
        {
            var largest = sample.Values[token].Max(value => Math.Abs((double)value));
            var height = Math.Max(1, largest / high * BarHeight);
            page.Line($"<rect class=\"bar-ink\" x=\"{Left + (token * cellWidth) + (cellWidth * 0.2):0.##}\" y=\"{floor - height:0.##}\" width=\"{cellWidth * 0.6:0.##}\" height=\"{height:0.##}\"><title>'{sample.Tokens[token]}': {NumberText.Short(largest)}</title></rect>");
        }
    }

    private static void DrawChannelNames(Markup page, BlockSample sample, double top)
    {
        for (var channel = 0; channel < sample.Channels.Count; channel++)
        {
            var emphasis = sample.Massive.Contains(sample.Channels[channel]) ? " strong" : "";
            page.Line($"<text class=\"tick end{emphasis}\" x=\"{Left - 6}\" y=\"{top + ((channel + 0.5) * CellHeight) + 4:0.#}\">{sample.Channels[channel]}</text>");
        }
    }

    /// <summary>Writes the values of the largest cells beside or into them.</summary>
    private static void DrawLargest(Markup page, BlockSample sample, double cellWidth, double top)
    {
        var largest = sample.Values
            .SelectMany((row, token) => row.Select((value, channel) => (Value: value, Token: token, Channel: channel)))
            .OrderByDescending(cell => Math.Abs(cell.Value)).ThenBy(cell => cell.Token).Take(LabelledCells);
        foreach (var (value, token, channel) in largest)
        {
            var x = Left + ((token + 1) * cellWidth) + 3;
            var beside = token < sample.Tokens.Count - 2;
            page.Line($"<text class=\"cell{(beside ? "" : " end")}\" x=\"{(beside ? x : x - 8):0.#}\" y=\"{top + ((channel + 0.5) * CellHeight) + 4:0.#}\">{NumberText.Short(value)}</text>");
        }
    }

    private static void DrawLegend(Markup page, LogAxis colours, double median, double top, double bottom)
    {
        const int Steps = 60;
        var x = Width - Right + 24;
        var height = Math.Min(bottom - top, 260);
        var axis = new LogAxis(colours.Low, colours.High, top + height, top);
        for (var step = 0; step < Steps; step++)
        {
            page.Line($"<rect x=\"{x}\" y=\"{top + (height * (Steps - 1 - step) / Steps):0.##}\" width=\"{12}\" height=\"{(height / Steps) + 0.4:0.##}\" fill=\"{ColourRamp.At((step + 0.5) / Steps)}\"/>");
        }

        foreach (var tick in axis.Ticks(6).Where(tick => Math.Abs(axis.At(tick) - axis.At(median)) > 10))
        {
            page.Line($"<text class=\"tick\" x=\"{x + 18}\" y=\"{axis.At(tick) + 4:0.#}\">{NumberText.Tick(tick)}</text>");
        }

        page.Line($"<text class=\"tick strong\" x=\"{x + 18}\" y=\"{axis.At(median) + 4:0.#}\">median</text>");
        page.Line($"<text class=\"label\" x=\"{x}\" y=\"{top - 5:0.#}\">magnitude</text>");
    }

    internal static string Shorten(string token) => token.Trim() is { Length: > 12 } text ? string.Concat(text.AsSpan(0, 11), "…") : token;

    private static string Describe(BlockSample sample, double high) =>
        $"Magnitudes of {sample.Channels.Count} channels for the first {sample.Tokens.Count} tokens of one window. The largest is {NumberText.Short(high)}, {NumberText.Ratio(high / sample.Median)} the median magnitude of the block's output.";
}
