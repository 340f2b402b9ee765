using System.CommandLine;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval;
using OutlierQuant.Eval.Tracing;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>trace</c>: which weights make the spike, and what follows from it.</summary>
internal static class TraceCommand
{
    private const string DefaultPrompt = "The river is wide. In winter it freezes.\n";

    private static readonly Option<string> Text = new("--text") { Description = "Text to trace on (UTF-8), and to score changed weights on.", HelpName = "FILE" };
    private static readonly Option<string> Prompt = new("--prompt") { Description = "A prompt to trace instead of a text; weights are then not changed. Default: two short built-in sentences.", HelpName = "TEXT" };
    private static readonly Option<WindowLimit> Windows = SharedOptions.Windows("--windows", "trace and score", TraceOptions.DefaultWindows);
    private static readonly Option<double> MinRatio = SharedOptions.AtLeastZero("--min-ratio", "A spike is at least this many times the median magnitude of its block's output.", new TraceOptions().MinRatio);

    public static Command Create(UserConsole console)
    {
        Command command = new("trace", "Traces the spike from the weights that make it to the error that it causes: block, neuron, weight, channel, token, heads; then changes those weights and scores the model.\n\nExample:\n  outlierquant trace MODEL --text test.txt")
        {
            SharedOptions.Model, Text, Prompt, Windows, MinRatio, SharedOptions.Context, SharedOptions.NoBos, SharedOptions.Seed,
            SharedOptions.Threads, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        (string? path, string? prompt) = SharedOptions.AtMostOne(arguments, Text, Prompt);
        if (arguments.GetValue(MinRatio) < 1)
        {
            throw new UsageException("--min-ratio is below 1: every model has entries above the median.");
        }

        string? text = path is null ? null : TextFile.Read(path);
        using Session session = Session.Open(arguments);
        using ProgressDisplay progress = new(console);
        TraceOptions options = new()
        {
            MinRatio = arguments.GetValue(MinRatio),
            Seed = arguments.GetValue(SharedOptions.Seed),
            Text = new PerplexityOptions { Context = session.ContextOf(arguments), Bos = session.BosOf(arguments), MaxWindows = arguments.GetValue(Windows).Count },
            Progress = progress.Arms(),
            Cancellation = cancellation,
        };
        TraceResult result = text is null
            ? Tracer.RunOnPrompt(session.Model, session.Tokenizer, prompt ?? DefaultPrompt, session.BosOf(arguments), options)
            : Tracer.Run(session.Model, session.Tokenizer, text, Path.GetFileName(path!), options);
        progress.Dispose();
        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(result, EvalJson.Default.TraceResult);
        }
        else
        {
            TraceTables.Show(result, console);
        }

        return 0;
    }
}
