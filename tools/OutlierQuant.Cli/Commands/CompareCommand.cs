using System.CommandLine;
using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval;
using OutlierQuant.Eval.Comparison;
using OutlierQuant.Quantizers;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>compare</c>: naive against preserved, every arm in one table.</summary>
internal static class CompareCommand
{
    private static readonly Option<string> Calibration = new("--calibration") { Description = "Text to calibrate on. Without it and --profile, the first quarter of --text calibrates and only the rest is measured.", HelpName = "FILE" };
    private static readonly Option<string> Arms = new("--arms")
    {
        Description = "Arms, separated by commas: scheme[@block][:preserve[:channels]], for example w8a4-tensor-static:channels:4,w8a4-tensor-static:fold+channels,residual-int4@first. Default: every scheme, naive and preserving, with controls, and the fold for static scales.",
        HelpName = "LIST",
    };

    private static readonly Option<WindowLimit> Windows = SharedOptions.Windows("--windows", "measure on", ComparisonOptions.DefaultWindows);
    private static readonly Option<string> FoldedProfile = new("--folded-profile") { Description = "With --profile: the profile of the folded model that 'locate --fold --out' wrote, for the arms that fold.", HelpName = "FILE" };
    private static readonly Option<string> Report = new("--report") { Description = "Write a self-contained html report.", HelpName = "FILE" };

    public static Command Create(UserConsole console)
    {
        Command command = new("compare", "Measures quantized versions of a model against it: naive, preserving, and controls.\n\nExample:\n  outlierquant compare MODEL --text test.txt --calibration train.txt --report report.html")
        {
            SharedOptions.Model, SharedOptions.RequiredText, Calibration, SharedOptions.Profile, FoldedProfile, SharedOptions.CalibrationWindows, Arms, FoldOptionSet.Prefix, FoldOptionSet.DropValues, FoldOptionSet.Merge, SharedOptions.IncludeHead, Windows, SharedOptions.Context, SharedOptions.NoBos, Report,
            SharedOptions.Seed, SharedOptions.Threads, SharedOptions.Device, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        (string? calibrationPath, string? profilePath) = SharedOptions.AtMostOne(arguments, Calibration, SharedOptions.Profile);
        IReadOnlyList<ArmSpecification>? asked = arguments.GetValue(Arms) is { } list ? UsageException.Parse(() => ArmSpecification.ParseList(list)) : null;
        FoldOptions? fold = FoldOptionSet.Read(arguments);
        string? foldedPath = arguments.GetValue(FoldedProfile);
        if (foldedPath is not null && profilePath is null)
        {
            throw new UsageException("--folded-profile goes with --profile; a calibration text serves both.");
        }

        if (asked is not null)
        {
            _ = Folds(asked, fold, profilePath, foldedPath);
        }

        OutputFile.RequirePlace(arguments.GetValue(Report));
        string path = arguments.GetRequiredValue(SharedOptions.RequiredText);
        string text = TextFile.Read(path);
        using Session session = Session.Open(arguments);
        IReadOnlyList<ArmSpecification> arms = asked ?? ChooseArms(session, arguments, canFold: profilePath is null || foldedPath is not null, console);
        bool folds = Folds(arms, fold, profilePath, foldedPath);
        CalibrationProfile profile;
        FoldedCalibration? folded = null;
        int? calibrationWindows = arguments.GetValue(SharedOptions.CalibrationWindows).Count;
        if (profilePath is not null)
        {
            profile = Calibrating.Load(session, profilePath);
            folded = folds ? Folding.Load(session, foldedPath!, fold, arguments) : null;
        }
        else
        {
            string source = calibrationPath ?? $"first quarter of {Path.GetFileName(path)}";
            string calibration;
            if (calibrationPath is null)
            {
                (calibration, text) = TextFile.SplitQuarter(text);
                console.Note("no --calibration and no --profile: the first quarter of the text calibrates, the rest is measured");
            }
            else
            {
                calibration = TextFile.Read(calibrationPath);
            }

            profile = Calibrating.Run(session, calibration, source, arguments, calibrationWindows, null, console, cancellation);
            folded = folds
                ? Folding.Calibrate(session, calibration, source, arguments, calibrationWindows, new DetectorOptions(), fold ?? new FoldOptions(), profile, console, cancellation)
                : null;
        }

        StudyOptions options = new()
        {
            Arms = arms,
            Folded = folded,
            IncludeHead = arguments.GetValue(SharedOptions.IncludeHead),
            Text = new PerplexityOptions { Context = session.ContextOf(arguments, folded?.Model), Bos = session.BosOf(arguments), MaxWindows = arguments.GetValue(Windows).Count },
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
            if (result.Fold is { } report)
            {
                FoldTables.Show(report, console);
            }

            ResultTables.Show(result, console);
        }

        return 0;
    }

    /// <summary>Whether some arm folds, where the options agree with that.</summary>
    private static bool Folds(IReadOnlyList<ArmSpecification> arms, FoldOptions? fold, string? profilePath, string? foldedPath)
    {
        bool folds = arms.Any(arm => arm.Preserve.Folds());
        if (!folds && (fold is not null || foldedPath is not null))
        {
            throw new UsageException("--folded-profile, --fold-prefix, --fold-drop-values and --fold-merge are for arms that fold, and none does.");
        }

        return folds && profilePath is not null && foldedPath is null
            ? throw new UsageException("Some arms fold, and --profile is that of the model without a fold: give --folded-profile too, or --calibration instead.")
            : folds;
    }

    /// <summary>The arms where none are named: with the fold, if it is possible here.</summary>
    private static IReadOnlyList<ArmSpecification> ChooseArms(Session session, ParseResult arguments, bool canFold, UserConsole console)
    {
        bool bos = session.BosOf(arguments);
        if (bos && canFold)
        {
            return DefaultArms.WithFold;
        }

        console.Note(bos ? "no arm folds: --profile is given without --folded-profile" : "no arm folds: the windows have no BOS to stand for a folded prefix");
        return DefaultArms.All;
    }
}
