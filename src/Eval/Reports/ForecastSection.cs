using OutlierQuant.Eval.Forecasting;

namespace OutlierQuant.Eval.Reports;

/// <summary>What rounding was forecast to do to every linear, and what it did.</summary>
internal static class ForecastSection
{
    public static void Draw(Markup page, ForecastResult forecast)
    {
        page.Line($"<section id=\"forecast\"><h2>Forecast and measured damage</h2>");
        SectionText.Sentences(page, forecast.Verdict);
        if (forecast.MeasuredOn is { } source)
        {
            page.Line($"<p>{Definitions.Of("sqnr", "Signal-to-quantization-noise ratio")} of every linear's or block's output, forecast from a few numbers of {forecast.Calibration.Source}, against what was measured on {forecast.MeasuredWindows} windows of {source}.</p><figure>");
            ForecastFigure.Draw(page, forecast);
            page.Line($"</figure>");
        }

        if (forecast.Schemes.Any(scheme => scheme.Agreement.Count > 0))
        {
            ReportTable.Draw(
                page,
                2,
                ["scheme", "compared", "places", "correlation", "rank correlation", "mean miss, dB"],
                forecast.Schemes.SelectMany(scheme => scheme.Agreement.Select(agreement => (string?[])
                    [scheme.Scheme, agreement.Compared, NumberText.Count(agreement.Pairs), SectionText.Short(agreement.Pearson), SectionText.Short(agreement.Spearman), SectionText.Decibels(agreement.MeanAbsoluteError)])));
        }

        if (forecast.Schemes.FirstOrDefault(scheme => scheme.Linears.Any(linear => linear.Input is not null)) is { } static8)
        {
            page.Line($"<h3>Linear inputs under {static8.Scheme}</h3>");
            ReportTable.Draw(
                page,
                1,
                ["linear", "max", "p99.9", "median", Definitions.Of("bits-lost", "bits lost"), Definitions.Of("sqnr", "forecast, dB"), "measured, dB", Definitions.Of("preserve", "channels suggested")],
                static8.Linears.Where(linear => linear.Input is not null).Select(linear => (string?[])
                [
                    linear.Name, NumberText.Short(linear.Input!.Max), NumberText.Short(linear.Input.Quantile999), NumberText.Short(linear.Input.Median), SectionText.Decibels(linear.Input.BitsLost),
                    SectionText.Decibels(linear.Input.Sqnr), SectionText.Decibels(linear.Input.MeasuredSqnr), NumberText.Count(linear.SuggestedChannels),
                ]));
        }

        page.Line($"</section>");
    }
}
