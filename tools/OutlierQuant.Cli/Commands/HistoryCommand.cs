using System.CommandLine;
using System.Globalization;
using OutlierQuant.Cli.Documents;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Training.Figures;
using OutlierQuant.Training.Measuring;
using OutlierQuant.Training.Runs;
using Spectre.Console;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>history</c>: what runs of <c>train</c> measured, side by side, as a table and as curves.</summary>
internal static class HistoryCommand
{
    private static readonly Argument<string[]> RunsArgument = new("RUN") { Description = "Directories that 'train' wrote, or files history.json; named by their directory or file.", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string> Figures = new("--figures") { Description = $"Write curves over the tokens trained on as SVG into this directory: {string.Join(", ", TrainingFigures.Names)}.", HelpName = "DIR" };

    public static Command Create(UserConsole console)
    {
        Command command = new("history", "Compares runs of 'train': losses, massive activations and attention sinks, as a table and as curves.\n\nExample:\n  outlierquant history model-default model-bias --figures images")
        {
            RunsArgument, Figures, SharedOptions.Json,
        };
        command.SetAction((arguments, _) => Task.FromResult(Run(arguments, console)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console)
    {
        List<(string Name, TrainingHistory History)> runs = [.. arguments.GetRequiredValue(RunsArgument).Select(path => (NameOf(path), TrainingHistory.Load(path)))];
        IReadOnlyList<string> files = [];
        if (arguments.GetValue(Figures) is { } directory)
        {
            if (!Directory.Exists(directory))
            {
                throw new DirectoryNotFoundException($"{directory}: there is no such directory; make it first.");
            }

            files = TrainingFigures.Write(runs, directory);
        }

        if (arguments.GetValue(SharedOptions.Json))
        {
            HistoryDocument document = new([.. runs.Select(run => new HistoryRun(run.Name, run.History.Parameters, LargestRatio(run.History), run.History.Records[^1]))], files);
            console.WriteJson(document, CliJson.Default.HistoryDocument);
            return 0;
        }

        Show(runs, console);
        foreach (string file in files)
        {
            console.Note($"figure written: {file}");
        }

        return 0;
    }

    private static void Show(List<(string Name, TrainingHistory History)> runs, UserConsole console)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        Table table = Tables.Create("<run", "parameters", "tokens", "loss", "validation", "ratio", "block", "position", "largest", "elsewhere", "largest ratio", "first token", "explicit");
        foreach ((string name, TrainingHistory history) in runs)
        {
            TrainingRecord last = history.Records[^1];
            BlockMeasurement block = last.Blocks[last.RatioBlock];
            Tables.AddRow(
                table,
                name,
                Tables.Count(history.Parameters),
                Tables.Count(last.Tokens),
                last.Loss?.ToString("F4", culture) ?? "",
                last.ValidationLoss.ToString("F4", culture),
                last.Ratio.ToString("F1", culture),
                last.RatioBlock.ToString(culture),
                block.Position.ToString(culture),
                block.Value.ToString("F1", culture),
                block.ValueAfterFirst.ToString("F1", culture),
                LargestRatio(history).ToString("F1", culture),
                last.FirstToken.Share.ToString("P1", culture),
                last.ExplicitSink?.Share.ToString("P1", culture) ?? "");
        }

        console.Write(table);
    }

    private static double LargestRatio(TrainingHistory history) => history.Records.Max(record => record.Ratio);

    private static string NameOf(string path) => Directory.Exists(path) ? new DirectoryInfo(path).Name : Path.GetFileNameWithoutExtension(path);
}
