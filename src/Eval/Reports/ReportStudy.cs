using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Attention;
using OutlierQuant.Eval.Certification;
using OutlierQuant.Eval.Comparison;
using OutlierQuant.Eval.Forecasting;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Eval.Tracing;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Reports;

/// <summary>Runs every study of a model, one after the other, on the same texts: what a whole report shows.</summary>
public static class ReportStudy
{
    /// <summary>Throws if a model is quantized or folded: what later studies refuse is better known before the first.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="ArgumentException">It is.</exception>
    public static void Require(TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        FloatModel.Require(model, "a report");
        UnfoldedModel.Require(model, "a report");
    }

    /// <summary>Certifies, looks at attention, traces, intervenes, forecasts and compares.</summary>
    /// <param name="model">The model, in float.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="profile">Its calibration profile.</param>
    /// <param name="calibration">The text of the profile, which the certificate compares with <paramref name="text"/>.</param>
    /// <param name="text">The text to measure on.</param>
    /// <param name="options">How.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="ArgumentException">The model is quantized or folded, or an option does not fit it or a text.</exception>
    public static ReportContent Run(TransformerModel model, Tokenizer tokenizer, CalibrationProfile profile, CertificationText calibration, CertificationText text, ReportOptions options)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(options);

        Require(model);
        string? noAttention = AttentionStudy.WhyUnseen(model), noTrace = Tracer.WhyUntraceable(model);
        var windows = options.Text.MaxWindows;
        var context = options.Text.Context;
        Certificate certificate = Study("certifying", () => CertificationStudy.Run(
            model, tokenizer, [calibration, text], new() { MaxWindows = windows, Context = context, Seed = options.Seed, Progress = options.Progress, Cancellation = options.Cancellation }));
        AttentionResult? attention = noAttention is not null ? null : Study("looking at attention", () => AttentionStudy.Run(
            model, tokenizer, text.Text, text.Source, new() { MaxWindows = windows, Context = context, Bos = options.Text.Bos, Seed = options.Seed, Progress = options.Progress, Cancellation = options.Cancellation }));
        TraceResult? trace = noTrace is not null ? null : Study("tracing the spike", () => Tracer.Run(
            model, tokenizer, text.Text, text.Source, new() { Seed = options.Seed, Text = options.Text, Progress = options.Progress, Cancellation = options.Cancellation }));
        InterventionResult interventions = Study("intervening", () => InterventionStudy.Run(
            model, tokenizer, profile, text.Text, text.Source, new() { LoadBearing = true, Seed = options.Seed, Text = options.Text, Progress = options.Progress, Cancellation = options.Cancellation }));
        ForecastResult forecast = Study("forecasting, and measuring beside it", () => Forecaster.Run(
            model, tokenizer, profile, text.Text, text.Source, new() { Text = options.Text, Progress = options.Progress, Cancellation = options.Cancellation }));
        ComparisonResult comparison = Study($"comparing {options.Arms.Count} arms", () => ModelComparison.Run(
            model, tokenizer, profile, text.Text, text.Source, new() { Arms = options.Arms, Folded = options.Folded, Text = options.Text, Progress = options.Progress, Cancellation = options.Cancellation }));
        int[] window = TextWindows.Cut(tokenizer, text.Text, text.Source, comparison.Baseline.Context, comparison.Baseline.Bos, 1).Windows[0];
        return new ReportContent
        {
            Profile = profile,
            Sample = BlockSampler.Take(model, tokenizer, profile, window, options.Cancellation),
            Certificate = certificate,
            Attention = attention,
            Trace = trace,
            Interventions = interventions,
            Forecast = forecast,
            Comparison = comparison,
            LeftOut = [.. new[] { noAttention, noTrace }.OfType<string>().Select(reason => $"The model {reason}")],
        };

        T Study<T>(string name, Func<T> run)
        {
            options.StudyStarts?.Invoke(name);
            return run();
        }
    }
}
