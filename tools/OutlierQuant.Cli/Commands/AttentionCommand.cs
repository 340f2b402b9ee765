using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval;
using OutlierQuant.Eval.Attention;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>attention</c>: where attention goes, which tokens are sinks, and when heads do nothing.</summary>
internal static class AttentionCommand
{
    private static readonly AttentionOptions Defaults = new();
    private static readonly Option<WindowLimit> Windows = SharedOptions.Windows("--windows", "look at", AttentionOptions.DefaultWindows);
    private static readonly Option<double> Epsilon = SharedOptions.AtLeastZero("--epsilon", "Sink metric: a key is a sink in a head where its mean attention exceeds this.", Defaults.SinkThreshold, 1);
    private static readonly Option<int?> SinkLength = SharedOptions.PositiveOrNull("--sink-length", $"Sink metric: tokens in a window. Default: {AttentionOptions.DefaultSinkLength}, or the context if that is shorter.", smallest: 2);
    private static readonly Option<double> DormantShare = SharedOptions.AtLeastZero("--dormant-share", "A query is parked when sinks get more than this share of its attention.", Defaults.DormantShare, 1);
    private static readonly Option<HeadPlace[]?> Heads = new("--heads")
    {
        Description = "Heads to draw, as block.head. Default: the one that attends to sinks most, the median one, the one that does so least.",
        HelpName = "B.H,…",
        CustomParser = ParseHeads,
    };

    public static Command Create(UserConsole console)
    {
        Command command = new("attention", "Finds the attention sinks, and measures what every head gives them: shares, dormancy, gates, maps with and without the sinks.\n\nExample:\n  outlierquant attention MODEL --text test.txt")
        {
            SharedOptions.Model, SharedOptions.RequiredText, Windows, SharedOptions.Context, SharedOptions.NoBos, Epsilon, SinkLength, DormantShare, Heads, SharedOptions.Seed,
            SharedOptions.Threads, SharedOptions.Device, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Json,
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
        AttentionResult result = AttentionStudy.Run(session.Model, session.Tokenizer, text, Path.GetFileName(path), new AttentionOptions
        {
            MaxWindows = arguments.GetValue(Windows).Count,
            Context = session.ContextOf(arguments),
            Bos = session.BosOf(arguments),
            SinkThreshold = arguments.GetValue(Epsilon),
            SinkLength = arguments.GetValue(SinkLength),
            DormantShare = arguments.GetValue(DormantShare),
            Heads = arguments.GetResult(Heads) is null ? null : arguments.GetValue(Heads),
            Seed = arguments.GetValue(SharedOptions.Seed),
            Progress = progress.Arms(),
            Cancellation = cancellation,
        });
        progress.Dispose();
        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(result, EvalJson.Default.AttentionResult);
        }
        else
        {
            AttentionTables.Show(result, console);
        }

        return 0;
    }

    private static HeadPlace[]? ParseHeads(ArgumentResult result)
    {
        List<HeadPlace> heads = [];
        foreach (string word in result.Tokens[0].Value.Split(','))
        {
            string[] parts = word.Split('.');
            if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int block) || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int head))
            {
                result.AddError($"--heads has '{word}', but must be heads as block.head separated by commas, such as 3.1,5.0.");
                return null;
            }

            heads.Add(new HeadPlace(block, head));
        }

        return [.. heads.Distinct()];
    }
}
