using OutlierQuant.Calibration;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval.Comparison;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Eval.Reports;

namespace OutlierQuant.Cli;

/// <summary>What <c>compare</c> and <c>demo</c> share: the comparison, and for a report also the interventions and the picture.</summary>
internal static class Study
{
    /// <summary>Compares, and writes the report if one is asked for.</summary>
    public static ComparisonResult Run(Session session, CalibrationProfile profile, string text, string source, StudyOptions options, UserConsole console, CancellationToken cancellation)
    {
        using ProgressDisplay progress = new(console);
        console.Note($"comparing {options.Arms.Count} arms");
        ComparisonResult comparison = ModelComparison.Run(session.Model, session.Tokenizer, profile, text, Path.GetFileName(source), new ComparisonOptions
        {
            Arms = options.Arms,
            Folded = options.Folded,
            IncludeHead = options.IncludeHead,
            Text = options.Text,
            Progress = progress.Arms(),
            Cancellation = cancellation,
        });
        if (options.Report is { } report)
        {
            InterventionResult interventions = Intervene(session, profile, text, source, options, progress, cancellation);
            int[] window = TextWindows.Cut(session.Tokenizer, text, source, comparison.Baseline.Context, comparison.Baseline.Bos, 1).Windows[0];
            HtmlReport.Write(report, new ReportContent
            {
                Profile = profile,
                Sample = BlockSampler.Take(session.Model, session.Tokenizer, profile, window, cancellation),
                Comparison = comparison,
                Interventions = interventions,
            });
            progress.Dispose();
            console.Note($"report written: {report}");
        }

        return comparison;
    }

    private static InterventionResult Intervene(Session session, CalibrationProfile profile, string text, string source, StudyOptions options, ProgressDisplay progress, CancellationToken cancellation) =>
        InterventionStudy.Run(session.Model, session.Tokenizer, profile, text, Path.GetFileName(source), new InterventionOptions
        {
            Seed = options.Seed,
            Text = options.Text,
            Progress = progress.Arms(),
            Cancellation = cancellation,
        });
}
