using OutlierQuant.Eval.Forecasting;

namespace OutlierQuant.Eval.Reports;

/// <summary>Draws forecast against measured signal-to-quantization-noise ratios: a point for each linear's output, or each block's.</summary>
internal static class ForecastFigure
{
    private const double Width = 860;
    private const double Side = 400;
    private const double Left = 64;
    private const double Top = 20;
    private static readonly string[] s_classes = ["none", "channels", "clip", "mean", "fold"];

    /// <summary>Draws the points of all schemes; false, and nothing, where nothing was measured.</summary>
    public static bool Draw(Markup page, ForecastResult forecast)
    {
        var series = forecast.Schemes.Select(scheme => (scheme.Scheme, Points: Points(scheme).ToArray())).Where(scheme => scheme.Points.Length > 0).ToArray();
        if (series.Length == 0)
        {
            return false;
        }

        var all = series.SelectMany(scheme => scheme.Points).ToArray();
        var low = Math.Floor(all.Min(point => Math.Min(point.Forecast, point.Measured)) / 10) * 10;
        var high = Math.Max(low + 10, Math.Ceiling(all.Max(point => Math.Max(point.Forecast, point.Measured)) / 10) * 10);
        page.Line($"<svg viewBox=\"0 0 {Width} {Top + Side + 44}\" role=\"img\" aria-labelledby=\"forecast-title forecast-description\">");
        page.Line($"<title id=\"forecast-title\">Forecast against measured noise</title>");
        page.Line($"<desc id=\"forecast-description\">Points on the diagonal were forecast exactly; above it, less noise was measured than forecast. {string.Join(". ", series.Select(scheme => $"{scheme.Scheme}: {scheme.Points.Length} points, {NumberText.Count(scheme.Points.Average(point => Math.Abs(point.Forecast - point.Measured)))} dB off on average"))}.</desc>");
        for (var tick = low; tick <= high; tick += 10)
        {
            var (x, y) = (X(tick), Y(tick));
            page.Line($"<line class=\"grid\" x1=\"{x:0.#}\" x2=\"{x:0.#}\" y1=\"{Top}\" y2=\"{Top + Side}\"/><line class=\"grid\" x1=\"{Left}\" x2=\"{Left + Side}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/>");
            page.Line($"<text class=\"tick middle\" x=\"{x:0.#}\" y=\"{Top + Side + 16}\">{tick:0}</text><text class=\"tick end\" x=\"{Left - 8}\" y=\"{y + 4:0.#}\">{tick:0}</text>");
        }

        page.Line($"<line class=\"base\" x1=\"{Left}\" x2=\"{Left + Side}\" y1=\"{Top + Side}\" y2=\"{Top}\"/>");
        for (var index = 0; index < series.Length; index++)
        {
            var kind = s_classes[index % s_classes.Length];
            foreach (var (place, forecasted, measured) in series[index].Points)
            {
                page.Line($"<path class=\"point {kind}\" d=\"{Mark(index, X(forecasted), Y(measured))}\"><title>{series[index].Scheme}, {place}: forecast {forecasted:0.0} dB, measured {measured:0.0} dB</title></path>");
            }

            page.Line($"<path class=\"point {kind}\" d=\"{Mark(index, Left + Side + 40, Top + 20 + (index * 22))}\"/><text class=\"tick\" x=\"{Left + Side + 52}\" y=\"{Top + 24 + (index * 22)}\">{series[index].Scheme}</text>");
        }

        page.Line($"<text class=\"label middle\" x=\"{Left + (Side / 2)}\" y=\"{Top + Side + 36}\">forecast, dB</text><text class=\"label\" x=\"8\" y=\"{12}\">measured, dB</text>");
        page.Line($"</svg>");
        return true;

        double X(double decibels) => Left + ((decibels - low) / (high - low) * Side);
        double Y(double decibels) => Top + Side - ((decibels - low) / (high - low) * Side);
    }

    private static IEnumerable<(string Place, double Forecast, double Measured)> Points(SchemeForecast scheme) =>
        scheme.Linears.Select(linear => (Place: linear.Name, linear.Sqnr, linear.MeasuredSqnr))
            .Concat(scheme.Blocks.Select(block => (Place: $"output of block {block.Block}", block.Output.Sqnr, block.Output.MeasuredSqnr)))
            .Where(point => point.Sqnr is not null && point.MeasuredSqnr is not null)
            .Select(point => (point.Place, point.Sqnr!.Value, point.MeasuredSqnr!.Value));

    /// <summary>A shape for each scheme, so that colour is not needed to tell them apart.</summary>
    private static string Mark(int index, double x, double y) => FormattableString.Invariant((index % 5) switch
    {
        0 => $"M{x - 4:0.#} {y:0.#}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
        1 => (FormattableString)$"M{x - 3.5:0.#} {y - 3.5:0.#}h7v7h-7z",
        2 => $"M{x:0.#} {y - 4.5:0.#}l4.5 8h-9z",
        3 => $"M{x:0.#} {y - 5:0.#}l5 5l-5 5l-5 -5z",
        _ => $"M{x - 4.5:0.#} {y - 1.5:0.#}h3v-3h3v3h3v3h-3v3h-3v-3h-3z",
    });
}
