using System.CommandLine;
using OutlierQuant.Calibration;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval;
using OutlierQuant.Eval.Comparison;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>demo</c>: the whole story on the bundled checkpoint, in under two minutes on two cores.</summary>
internal static class DemoCommand
{
    private const int CalibrationWindows = 24;
    private const int MeasuredWindows = 24;

    // One naive arm, its preserving twin and the two controls for each thing that can go wrong, and what works without any help beside them.
    private const string Arms =
        "w8a16,w4a16-g64,ternary-a16,w8a8-token,"
        + "w8a8-tensor-static,w8a8-tensor-static:channels,"
        + "w8a4-token,w8a4-tensor-static,w8a4-tensor-static:channels,w8a4-tensor-static:clip,w8a4-tensor-static:mean,"
        + "residual-int8,residual-int8:channels,"
        + "residual-int4@first,residual-int4@first:channels,residual-int4@first:clip,residual-int4@first:mean";

    private static readonly Option<string> Report = new("--report") { Description = "Where to write the report.", HelpName = "FILE", DefaultValueFactory = _ => "report.html" };

    public static Command Create(UserConsole console)
    {
        Command command = new("demo", "Locates, intervenes, quantizes and compares on the bundled checkpoint, and writes a report.\n\nExample:\n  outlierquant demo --report report.html")
        {
            Report, SharedOptions.Seed, SharedOptions.Threads, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        bool json = arguments.GetValue(SharedOptions.Json);
        string samples = Path.Combine(AppContext.BaseDirectory, "samples");
        string calibration = Path.Combine(samples, "text", "calibration.txt");
        string evaluation = Path.Combine(samples, "text", "evaluation.txt");
        string text = TextFile.Read(evaluation);
        string report = arguments.GetRequiredValue(Report);
        OutputFile.RequirePlace(report);

        using Session session = Session.Open(Path.Combine(samples, "tiny-llama"), arguments);
        int context = session.Model.Config.MaxPositions;
        CalibrationProfile profile = Calibrating.Run(session, TextFile.Read(calibration), calibration, context, bos: true, CalibrationWindows, new DetectorOptions(), console, cancellation);
        if (!json)
        {
            console.Output.WriteLine("1. Where are the massive activations?");
            console.Output.WriteLine();
            LocateCommand.Show(profile, console);
            console.Output.WriteLine("2. What does naive quantization destroy, and what does preserving a few channels bring back?");
            console.Output.WriteLine();
        }

        StudyOptions options = new()
        {
            Arms = ArmSpecification.ParseList(Arms),
            Text = new PerplexityOptions { Context = context, Bos = true, MaxWindows = MeasuredWindows },
            Seed = arguments.GetValue(SharedOptions.Seed),
            Report = report,
        };
        ComparisonResult result = Study.Run(session, profile, text, evaluation, options, console, cancellation);
        if (json)
        {
            console.WriteJson(result, EvalJson.Default.ComparisonResult);
            return 0;
        }

        ResultTables.Show(result, console);
        console.Output.WriteLine();
        console.Output.WriteLine($"Report with pictures: {Path.GetFullPath(report)}");
        console.Output.WriteLine("Next, on your own checkpoint:");
        console.Output.WriteLine("  outlierquant compare PATH/TO/CHECKPOINT --text test.txt --calibration train.txt --report report.html");
        return 0;
    }
}
