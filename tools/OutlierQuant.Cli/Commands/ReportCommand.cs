using System.CommandLine;
using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval;
using OutlierQuant.Eval.Comparison;
using OutlierQuant.Eval.Reports;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>report</c>: every study of a model in one html document.</summary>
internal static class ReportCommand
{
    private static readonly Option<string> Calibration = new("--calibration") { Description = "Text to calibrate on; the certificate compares it with --text.", HelpName = "FILE", Required = true };
    private static readonly Option<WindowLimit> Windows = SharedOptions.Windows("--windows", "measure on", ReportOptions.DefaultWindows);
    private static readonly Option<string> Out = new("--out") { Description = "The html file to write.", HelpName = "FILE", Required = true };

    public static Command Create(UserConsole console)
    {
        Command command = new("report", "Writes one html document about a model: magnitudes, certificate, attention, trace, interventions, forecast, and every arm, naive beside preserving and folded. It is one file, and works offline.\n\nExample:\n  outlierquant report MODEL --text test.txt --calibration train.txt --out report.html")
        {
            SharedOptions.Model, SharedOptions.RequiredText, Calibration, Out, SharedOptions.CalibrationWindows, Windows, SharedOptions.Context, SharedOptions.NoBos,
            SharedOptions.Seed, SharedOptions.Threads, SharedOptions.Device, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        string path = arguments.GetRequiredValue(SharedOptions.RequiredText), calibrationPath = arguments.GetRequiredValue(Calibration), output = arguments.GetRequiredValue(Out);
        if (Path.GetFullPath(path) == Path.GetFullPath(calibrationPath))
        {
            throw new UsageException("--text and --calibration name one file; a text agrees with itself whatever the model does.");
        }

        OutputFile.RequirePlace(output);
        string text = TextFile.Read(path), calibration = TextFile.Read(calibrationPath);
        using Session session = Session.Open(arguments);
        ReportStudy.Require(session.Model);
        int? calibrationWindows = arguments.GetValue(SharedOptions.CalibrationWindows).Count;
        CalibrationProfile profile = Calibrating.Run(session, calibration, calibrationPath, arguments, calibrationWindows, null, console, cancellation);
        bool folds = session.BosOf(arguments);
        if (!folds)
        {
            console.Note("no arm folds: the windows have no BOS to stand for a folded prefix");
        }

        FoldedCalibration? folded = folds
            ? Folding.Calibrate(session, calibration, calibrationPath, arguments, calibrationWindows, new DetectorOptions(), new FoldOptions(), profile, console, cancellation)
            : null;
        using ProgressDisplay progress = new(console);
        string[] names = TextFile.NamesOf(calibrationPath, path);
        ReportContent content = ReportStudy.Run(session.Model, session.Tokenizer, profile, new(names[0], calibration), new(names[1], text), new ReportOptions
        {
            Arms = folds ? DefaultArms.WithFold : DefaultArms.All,
            Folded = folded,
            Text = new PerplexityOptions { Context = session.ContextOf(arguments, folded?.Model), Bos = folds, MaxWindows = arguments.GetValue(Windows).Count },
            Seed = arguments.GetValue(SharedOptions.Seed),
            Progress = progress.Arms(),
            StudyStarts = console.Note,
            Cancellation = cancellation,
        });
        progress.Dispose();
        HtmlReport.Write(output, content);
        console.Note($"report written: {output}");
        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(content, EvalJson.Default.ReportContent);
        }
        else
        {
            foreach (string sentence in (IEnumerable<string>)[content.Certificate!.Verdict, .. content.Attention?.Verdict ?? [], .. content.Trace?.Verdict ?? [], .. content.Comparison!.Verdict, .. content.LeftOut])
            {
                console.Output.WriteLine(sentence);
            }
        }

        return 0;
    }
}
