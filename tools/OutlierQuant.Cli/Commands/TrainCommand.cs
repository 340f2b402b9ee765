using System.CommandLine;
using System.Diagnostics;
using OutlierQuant.Cli.Documents;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Cli.Training;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models;
using OutlierQuant.Training;
using OutlierQuant.Training.Runs;
using Spectre.Console;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>train</c>: a small model from a text file, with measurements of its massive activations and attention sinks as it learns.</summary>
internal static class TrainCommand
{
    private static readonly Option<string> Out = new("--out") { Description = "Directory to write: a checkpoint, history.json, log.jsonl, and the state to resume from.", Required = true, HelpName = "DIR" };
    private static readonly Option<bool> Resume = new("--resume") { Description = "Go on with the run in --out, which was stopped. Options need not be given again." };

    public static Command Create(UserConsole console)
    {
        Command command = new("train", "Trains a small model from a text file, and measures its massive activations and attention sinks as it learns. NUL characters in the text separate documents. Ctrl-C finishes the step and writes a checkpoint.\n\nExample:\n  outlierquant train --text corpus.txt --out model-bias --attention bias --tokens 5000000 --seed 1")
        {
            SharedOptions.RequiredText, Out, TrainingTexts.Validation, TrainingTexts.TokenizerDirectory, TrainingTexts.Vocabulary,
        };
        foreach (TrainSetting setting in TrainSettings.All)
        {
            command.Options.Add(setting.Option);
        }

        command.Options.Add(Resume);
        command.Options.Add(SharedOptions.Threads);
        command.Options.Add(SharedOptions.Kernels);
        command.Options.Add(SharedOptions.Json);
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        string directory = arguments.GetRequiredValue(Out);
        bool isResumed = arguments.GetValue(Resume);
        TrainingOptions? began = isResumed ? TrainingHistory.Load(directory).Options : null;
        if (began is null)
        {
            RequireNewDirectory(directory);
        }
        else
        {
            TrainSettings.RequireSame(arguments, began);
        }

        using ProgressDisplay progress = new(console);
        using TrainingTexts texts = TrainingTexts.Read(arguments, isResumed ? directory : null, began?.Shape.Context ?? TrainSettings.ContextOf(arguments), progress, cancellation);
        using WorkerTeam team = new(arguments.GetRequiredValue(SharedOptions.Threads));
        ComputeContext compute = new(Session.SuiteOf(arguments), team);
        TrainingRun run = isResumed
            ? TrainingRun.Resume(directory, texts.Input, compute)
            : TrainingRun.Begin(directory, texts.Input, TrainSettings.ForNewRun(arguments, texts.Input.Tokenizer.VocabularySize, texts.Input.Text.Count), compute);
        Describe(run, texts.Input, progress);

        long start = Stopwatch.GetTimestamp(), tokensAtStart = -1;
        TrainingOutcome outcome = run.Run(
            state =>
            {
                tokensAtStart = tokensAtStart < 0 ? state.Tokens : tokensAtStart;
                if (state.Record is not null)
                {
                    progress.Note(TrainingTable.Line(state));
                }

                progress.Report("training", state.Tokens, state.TotalTokens, "tokens");
            },
            cancellation);
        progress.Dispose();
        if (!outcome.IsComplete)
        {
            console.Note($"stopped after step {outcome.Step}; the checkpoint is written. Go on with: outlierquant train --text {arguments.GetValue(SharedOptions.RequiredText)} --out {directory} --resume");
            throw new OperationCanceledException(cancellation);
        }

        Show(outcome, directory, (tokensAtStart, Stopwatch.GetElapsedTime(start)), arguments.GetValue(SharedOptions.Json), console);
        return 0;
    }

    private static void RequireNewDirectory(string directory)
    {
        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
        {
            throw new IOException($"{directory}: exists and is not empty; choose another directory, or give --resume to go on with the run in it.");
        }
    }

    private static void Describe(TrainingRun run, TrainingInput input, ProgressDisplay progress)
    {
        TrainingOptions options = run.History.Options;
        progress.Note($"{Tables.Count(run.History.Parameters)} parameters, {Tables.Bytes(run.MemoryBytes)} of memory; {Tables.Count(input.Text.Count)} tokens of {input.Text.Name} in {Tables.Count(run.History.Text.Windows)} windows; {Tables.Count(options.Steps)} steps of {options.Windows} windows");
        if (!options.Bos)
        {
            progress.Note("windows have no BOS: give --no-bos to other commands on this checkpoint too");
        }

        progress.Note(TrainingTable.Header);
    }

    private static void Show(TrainingOutcome outcome, string directory, (long TokensAtStart, TimeSpan Elapsed) call, bool json, UserConsole console)
    {
        TrainingOptions options = outcome.History.Options;
        long tokens = (long)outcome.Step * options.Windows * options.Shape.Context;
        double? speed = call.TokensAtStart >= 0 ? (tokens - call.TokensAtStart) / call.Elapsed.TotalSeconds : null;
        var last = outcome.History.Records[^1];
        TrainDocument document = new(directory, outcome.Architecture, outcome.History.Parameters, outcome.Step, options.Steps, tokens, speed, last);
        if (json)
        {
            console.WriteJson(document, CliJson.Default.TrainDocument);
            return;
        }

        var culture = System.Globalization.CultureInfo.InvariantCulture;
        Table table = Tables.Create("<", "<");
        table.ShowHeaders = false;
        Tables.AddRow(table, "written", directory);
        Tables.AddRow(table, "model", $"{document.Architecture}, {Tables.Count(document.Parameters)} parameters");
        Tables.AddRow(table, "trained on", $"{Tables.Count(document.Tokens)} tokens in {Tables.Count(document.Step)} steps{(speed is { } rate ? $", {Tables.Count((long)rate)} tokens/s with measurements" : "")}");
        Tables.AddRow(table, "validation loss", string.Create(culture, $"{last.ValidationLoss:F4} nats per token, perplexity {Math.Exp(last.ValidationLoss):F2}"));
        Tables.AddRow(table, "largest value", string.Create(culture, $"{last.Blocks[last.RatioBlock].Value:F1} after block {last.RatioBlock}, channel {last.Blocks[last.RatioBlock].Channel}, position {last.Blocks[last.RatioBlock].Position}: {last.Ratio:F1} times the median"));
        Tables.AddRow(table, "attention sinks", string.Create(culture, $"first token {last.FirstToken.Share:P1} of heads{(last.ExplicitSink is { } sink ? string.Create(culture, $", explicit {sink.Share:P1}") : "")}"));
        Tables.AddRow(table, "measurements", Path.Combine(directory, TrainingHistory.FileName));
        console.Write(table);
    }
}
