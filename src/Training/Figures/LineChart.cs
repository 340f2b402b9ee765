using System.Globalization;
using System.Security;
using System.Text;

namespace OutlierQuant.Training.Figures;

/// <summary>Draws curves over one another as an SVG image: text of its own, readable on light and dark ground, and apart without colours by dashes.</summary>
/// <remarks>The colours are those of Okabe and Ito, "Color Universal Design", 2008, which people with any colour vision can tell apart. The same curves give the same bytes.</remarks>
internal sealed class LineChart
{
    private const int Width = 760, Left = 70, Top = 44, PlotWidth = 470, PlotHeight = 270, Bottom = 56;
    private const int LegendLeft = Left + PlotWidth + 18, LegendLine = 22;

    private static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#000000"];
    private static readonly string[] Dashes = ["", "7 3", "2 3", "10 3 2 3"];

    private readonly StringBuilder _svg = new();

    /// <summary>Draws a chart.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="xLabel">Label of the horizontal axis.</param>
    /// <param name="yLabel">Label of the vertical axis.</param>
    /// <param name="x">The horizontal axis.</param>
    /// <param name="y">The vertical axis.</param>
    /// <param name="series">The curves.</param>
    public static string Draw(string title, string xLabel, string yLabel, Axis x, Axis y, IReadOnlyList<Series> series)
    {
        LineChart chart = new();
        chart.DrawFrame(title, xLabel, yLabel, x, y, Math.Max(Top + PlotHeight + Bottom, Top + (LegendLine * series.Count)));
        for (int i = 0; i < series.Count; i++)
        {
            chart.DrawSeries(series[i], i, x, y);
        }

        chart._svg.Append("</svg>\n");
        return chart._svg.ToString();
    }

    private void DrawFrame(string title, string xLabel, string yLabel, Axis x, Axis y, int height)
    {
        _svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n");
        _svg.Append(CultureInfo.InvariantCulture, $"<title>{Escape(title)}</title>\n<rect width=\"{Width}\" height=\"{height}\" fill=\"#ffffff\"/>\n");
        Text(Left, 22, title, "font-size=\"15\" font-weight=\"bold\"");
        foreach ((double value, string label) in x.Ticks())
        {
            double at = Left + (PlotWidth * x.At(value));
            Line(at, Top, at, Top + PlotHeight, "#e0e0e0");
            Text(at, Top + PlotHeight + 17, label, "text-anchor=\"middle\"");
        }

        foreach ((double value, string label) in y.Ticks())
        {
            double at = Top + (PlotHeight * (1 - y.At(value)));
            Line(Left, at, Left + PlotWidth, at, "#e0e0e0");
            Text(Left - 7, at + 4, label, "text-anchor=\"end\"");
        }

        _svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Left}\" y=\"{Top}\" width=\"{PlotWidth}\" height=\"{PlotHeight}\" fill=\"none\" stroke=\"#555555\"/>\n");
        Text(Left + (PlotWidth / 2), Top + PlotHeight + 38, xLabel, "text-anchor=\"middle\"");
        Text(Left, Top - 8, yLabel, "");
    }

    private void DrawSeries(Series series, int index, Axis x, Axis y)
    {
        string style = $"fill=\"none\" stroke=\"{Colours[index % Colours.Length]}\" stroke-width=\"2\" stroke-dasharray=\"{Dashes[index % Dashes.Length]}\"";
        IEnumerable<string> points = series.Points.Where(point => y.Has(point.Y) && x.Has(point.X)).Select(point =>
            string.Create(CultureInfo.InvariantCulture, $"{Left + (PlotWidth * x.At(point.X)):0.#},{Top + (PlotHeight * (1 - Math.Clamp(y.At(point.Y), 0, 1))):0.#}"));
        _svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{string.Join(' ', points)}\" {style}/>\n");
        double at = Top + 8 + (LegendLine * index);
        _svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{LegendLeft},{at} {LegendLeft + 30},{at}\" {style}/>\n");
        Text(LegendLeft + 38, at + 4, series.Name, "");
    }

    private void Line(double x1, double y1, double x2, double y2, string colour) =>
        _svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\" stroke=\"{colour}\"/>\n");

    private void Text(double x, double y, string text, string style) =>
        _svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" fill=\"#222222\" {style}>{Escape(text)}</text>\n");

    private static string Escape(string text) => SecurityElement.Escape(text);
}
