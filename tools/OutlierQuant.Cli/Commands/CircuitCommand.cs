using System.CommandLine;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval;
using OutlierQuant.Eval.Circuits;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>circuit</c>: which parts of a model its attention sink needs.</summary>
internal static class CircuitCommand
{
    private static readonly Option<WindowLimit> Windows = SharedOptions.Windows("--windows", "look at", CircuitOptions.DefaultWindows);
    private static readonly Option<int> Channels = SharedOptions.Positive("--channels", "Channels, largest at position 0, that keys no longer read.", new CircuitOptions().Channels);

    public static Command Create(UserConsole console)
    {
        Command command = new("circuit", "Takes one part after the other out of a model, and measures what is left of the attention to position 0: query biases, positions, MLPs, the largest channels in keys, with controls.\n\nExample:\n  outlierquant circuit MODEL --text test.txt")
        {
            SharedOptions.Model, SharedOptions.RequiredText, Windows, SharedOptions.Context, SharedOptions.NoBos, Channels, SharedOptions.Seed,
            SharedOptions.Threads, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        string path = arguments.GetRequiredValue(SharedOptions.RequiredText);
        string text = TextFile.Read(path);
        using Session session = Session.Open(arguments);
        using ProgressDisplay progress = new(console);
        CircuitResult result = CircuitStudy.Run(session.Model, session.Tokenizer, text, Path.GetFileName(path), new CircuitOptions
        {
            MaxWindows = arguments.GetValue(Windows).Count,
            Context = session.ContextOf(arguments),
            Bos = session.BosOf(arguments),
            Channels = arguments.GetValue(Channels),
            Seed = arguments.GetValue(SharedOptions.Seed),
            Progress = progress.Arms(),
            Cancellation = cancellation,
        });
        progress.Dispose();
        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(result, EvalJson.Default.CircuitResult);
        }
        else
        {
            CircuitTable.Show(result, console);
        }

        return 0;
    }
}
