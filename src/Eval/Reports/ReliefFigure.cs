using System.Globalization;
using System.Text;

namespace OutlierQuant.Eval.Reports;

/// <summary>Draws magnitudes of tokens against channels as a relief to true scale, one ridge a channel from back to front, as figure 1 of Sun et al. (arXiv:2402.17762).</summary>
internal static class ReliefFigure
{
    private const double Width = 860;
    private const double Height = 430;
    private const double Left = 70;
    private const double Base = 350;
    private const double Peak = 190;
    private const double RidgeWidth = 560;
    private const double Depth = 190;
    private const double Rise = 150;
    private const double LabelHeight = 10;

    public static void Draw(Markup page, BlockSample sample)
    {
        var high = Math.Max(sample.Values.SelectMany(row => row).Max(value => Math.Abs((double)value)), 1e-30);
        page.Line($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-labelledby=\"relief-title relief-description\">");
        page.Line($"<title id=\"relief-title\">Magnitudes of tokens and channels after block {sample.Block}</title>");
        page.Line($"<desc id=\"relief-description\">A relief to true scale over the first {sample.Tokens.Count} tokens and {sample.Channels.Count} channels. The highest point is {NumberText.Short(high)}; the median magnitude, {NumberText.Short(sample.Median)}, is {NumberText.Ratio(sample.Median / high)} of it.</desc>");
        var labelled = 0.0;
        for (var channel = sample.Channels.Count - 1; channel >= 0; channel--)
        {
            var name = sample.Channels[channel];
            var isMassive = sample.Massive.Contains(name);
            var (x, y) = Corner(channel, sample.Channels.Count);
            page.Line($"<path class=\"ridge{(isMassive ? " massive" : "")}\" d=\"{Ridge(sample, channel, x, y, high)}\"><title>channel {name}: largest {NumberText.Short(sample.Values.Max(row => Math.Abs((double)row[channel])))}</title></path>");
            if (isMassive && y - labelled >= LabelHeight)
            {
                labelled = y;
                page.Line($"<text class=\"tick strong\" x=\"{x + RidgeWidth + 6:0.#}\" y=\"{y + 4:0.#}\">{name}</text>");
            }
        }

        DrawTokens(page, sample);
        DrawHighest(page, sample, high);
        page.Line($"<text class=\"label\" x=\"{Left + RidgeWidth + Depth - 10}\" y=\"{Base - Rise - 14}\">channel</text>");
        page.Line($"</svg>");
    }

    /// <summary>The left end of a channel's ridge: the last channel lies farthest back.</summary>
    private static (double X, double Y) Corner(int channel, int count)
    {
        var back = count == 1 ? 0 : (double)channel / (count - 1);
        return (Left + (back * Depth), Base - (back * Rise));
    }

    private static double Centre(int token, int tokens) => (token + 0.5) * RidgeWidth / tokens;

    private static string Ridge(BlockSample sample, int channel, double x, double y, double high)
    {
        var half = RidgeWidth / sample.Tokens.Count * 0.45;
        var path = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"M{x:0.#} {y:0.#}"));
        for (var token = 0; token < sample.Tokens.Count; token++)
        {
            var centre = x + Centre(token, sample.Tokens.Count);
            var top = y - (Math.Abs(sample.Values[token][channel]) / high * Peak);
            path.Append(CultureInfo.InvariantCulture, $"L{centre - half:0.#} {y:0.#}L{centre:0.#} {top:0.#}L{centre + half:0.#} {y:0.#}");
        }

        return path.Append(CultureInfo.InvariantCulture, $"L{x + RidgeWidth:0.#} {y:0.#}").ToString();
    }

    private static void DrawTokens(Markup page, BlockSample sample)
    {
        for (var token = 0; token < sample.Tokens.Count; token++)
        {
            page.Line($"<text class=\"tick end\" transform=\"translate({Left + Centre(token, sample.Tokens.Count) + 3:0.#} {Base + 12}) rotate(-55)\">{BlockFigure.Shorten(sample.Tokens[token])}</text>");
        }
    }

    private static void DrawHighest(Markup page, BlockSample sample, double high)
    {
        var (token, channel) = Enumerable.Range(0, sample.Tokens.Count)
            .SelectMany(token => Enumerable.Range(0, sample.Channels.Count).Select(channel => (token, channel)))
            .First(place => Math.Abs((double)sample.Values[place.token][place.channel]) >= high * (1 - 1e-12));
        var (x, y) = Corner(channel, sample.Channels.Count);
        page.Line($"<text class=\"tick strong\" x=\"{x + Centre(token, sample.Tokens.Count) + 8:0.#}\" y=\"{y - Peak + 4:0.#}\">{NumberText.Short(sample.Values[token][channel])} at '{BlockFigure.Shorten(sample.Tokens[token])}', channel {sample.Channels[channel]}</text>");
    }
}
