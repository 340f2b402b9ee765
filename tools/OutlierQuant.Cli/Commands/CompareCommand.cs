using System.CommandLine;
using OutlierQuant.Calibration;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval;
using OutlierQuant.Eval.Comparison;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>compare</c>: naive against preserved, every arm in one table.</summary>
internal static class CompareCommand
{
    private static readonly Option<string> Calibration = new("--calibration") { Description = "Text to calibrate on. Without it and --profile, the first quarter of --text calibrates and only the rest is measured.", HelpName = "FILE" };
    private static readonly Option<string> Arms = new("--arms")
    {
        Description = "Arms, separated by commas: scheme[@block][:preserve[:channels]], for example w8a4-tensor-static:channels:4,residual-int4@first. Default: every scheme, naive and preserving, with controls.",
        HelpName = "LIST",
    };

    private static readonly Option<WindowLimit> Windows = SharedOptions.Windows("--windows", "measure on", ComparisonOptions.DefaultWindows);
    private static readonly Option<string> Report = new("--report") { Description = "Write a self-contained html report.", HelpName = "FILE" };

    public static Command Create(UserConsole console)
    {
        Command command = new("compare", "Measures quantized versions of a model against it: naive, preserving, and controls.\n\nExample:\n  outlierquant compare MODEL --text test.txt --calibration train.txt --report report.html")
        {
            SharedOptions.Model, SharedOptions.RequiredText, Calibration, SharedOptions.Profile, SharedOptions.CalibrationWindows, Arms, SharedOptions.IncludeHead, Windows, SharedOptions.Context, SharedOptions.NoBos, Report,
            SharedOptions.Seed, SharedOptions.Threads, SharedOptions.Device, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        (string? calibrationPath, string? profilePath) = SharedOptions.AtMostOne(arguments, Calibration, SharedOptions.Profile);
        IReadOnlyList<ArmSpecification> arms = arguments.GetValue(Arms) is { } list ? UsageException.Parse(() => ArmSpecification.ParseList(list)) : DefaultArms.All;
        OutputFile.RequirePlace(arguments.GetValue(Report));
        string path = arguments.GetRequiredValue(SharedOptions.RequiredText);
        string text = TextFile.Read(path);
        using Session session = Session.Open(arguments);
        CalibrationProfile profile;
        int? calibrationWindows = arguments.GetValue(SharedOptions.CalibrationWindows).Count;
        if (profilePath is not null)
        {
            profile = Calibrating.Load(session, profilePath);
        }
        else if (calibrationPath is not null)
        {
            profile = Calibrating.Run(session, TextFile.Read(calibrationPath), calibrationPath, arguments, calibrationWindows, null, console, cancellation);
        }
        else
        {
            (string head, text) = TextFile.SplitQuarter(text);
            console.Note("no --calibration and no --profile: the first quarter of the text calibrates, the rest is measured");
            profile = Calibrating.Run(session, head, $"first quarter of {Path.GetFileName(path)}", arguments, calibrationWindows, null, console, cancellation);
        }

        StudyOptions options = new()
        {
            Arms = arms,
            IncludeHead = arguments.GetValue(SharedOptions.IncludeHead),
            Text = new PerplexityOptions { Context = session.ContextOf(arguments), Bos = session.BosOf(arguments), MaxWindows = arguments.GetValue(Windows).Count },
            Seed = arguments.GetValue(SharedOptions.Seed),
            Report = arguments.GetValue(Report),
        };
        ComparisonResult result = Study.Run(session, profile, text, path, options, console, cancellation);
        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(result, EvalJson.Default.ComparisonResult);
        }
        else
        {
            ResultTables.Show(result, console);
        }

        return 0;
    }
}
