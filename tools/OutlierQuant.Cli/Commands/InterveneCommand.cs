using System.CommandLine;
using OutlierQuant.Calibration;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval;
using OutlierQuant.Eval.Interventions;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>intervene</c>: what the massive values are worth to the model.</summary>
internal static class InterveneCommand
{
    private static readonly Option<string> Calibration = new("--calibration") { Description = "Text that coordinates and means come from. Default: --text itself.", HelpName = "FILE" };
    private static readonly Option<WindowLimit> Windows = SharedOptions.Windows("--windows", "measure on", InterventionOptions.DefaultWindows);
    private static readonly Option<int?> Block = SharedOptions.PositiveOrNull("--block", "Block whose output is changed. Default: the first massive one, or the strongest candidates'.", smallest: 0);
    private static readonly Option<int[]> ChannelList = new("--channels")
    {
        Description = "Channels of the leading BOS to change. Default: those that calibration finds.",
        HelpName = "1,2,…",
        CustomParser = SharedOptions.ParseList,
    };

    public static Command Create(UserConsole console)
    {
        Command command = new("intervene", "Changes the massive values where they first appear, and measures what that costs beside matched controls. Then zeroes the strict coordinates once and at every later block, alone and with their companions: are they needed, companions, or harmless?\n\nExample:\n  outlierquant intervene MODEL --text test.txt")
        {
            SharedOptions.Model, SharedOptions.RequiredText, Calibration, SharedOptions.Profile, SharedOptions.CalibrationWindows, Block, ChannelList, Windows, SharedOptions.Context, SharedOptions.NoBos, SharedOptions.Seed,
            SharedOptions.Threads, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        (string? calibrationPath, string? profilePath) = SharedOptions.AtMostOne(arguments, Calibration, SharedOptions.Profile);
        string path = arguments.GetRequiredValue(SharedOptions.RequiredText);
        string text = TextFile.Read(path);
        using Session session = Session.Open(arguments);
        CalibrationProfile profile = profilePath is not null
            ? Calibrating.Load(session, profilePath)
            : Calibrating.Run(session, calibrationPath is null ? text : TextFile.Read(calibrationPath), calibrationPath ?? path, arguments, arguments.GetValue(SharedOptions.CalibrationWindows).Count, null, console, cancellation);
        using ProgressDisplay progress = new(console);
        InterventionResult result = InterventionStudy.Run(session.Model, session.Tokenizer, profile, text, Path.GetFileName(path), new InterventionOptions
        {
            Block = arguments.GetValue(Block),
            Channels = arguments.GetResult(ChannelList) is null ? null : arguments.GetValue(ChannelList),
            LoadBearing = true,
            Seed = arguments.GetValue(SharedOptions.Seed),
            Text = new PerplexityOptions { Context = session.ContextOf(arguments), Bos = session.BosOf(arguments), MaxWindows = arguments.GetValue(Windows).Count },
            Progress = progress.Arms(),
            Cancellation = cancellation,
        });
        progress.Dispose();
        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(result, EvalJson.Default.InterventionResult);
        }
        else
        {
            ResultTables.Show(result, console);
        }

        return 0;
    }
}
