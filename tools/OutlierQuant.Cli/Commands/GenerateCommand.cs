using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Cli.Documents;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Models;
using OutlierQuant.Models.Generation;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>generate</c>: text, from either kind of checkpoint.</summary>
internal static class GenerateCommand
{
    private static readonly Option<string> Prompt = new("--prompt") { Description = "Text to go on from; may be empty where the tokenizer adds BOS.", DefaultValueFactory = _ => "", HelpName = "TEXT" };
    private static readonly Option<int?> MaxTokens = SharedOptions.PositiveOrNull("--max-tokens", "Most tokens to add. Default: 128, or what the model's positions allow.");
    private static readonly Option<double> Temperature = SharedOptions.AtLeastZero("--temperature", "0 takes the likeliest token each time; 1 samples from the model's distribution.", 0);
    private static readonly Option<double> TopP = SharedOptions.Probability("--top-p", "Sample among the likeliest tokens that together have this probability.", 1);
    private static readonly Option<int> Samples = SharedOptions.Positive("--samples", "How many texts to make, with seeds counted up from --seed.", 1);
    private static readonly Option<string> Out = new("--out") { Description = "Write the texts to a file too, one after the other with a newline after each.", HelpName = "FILE" };

    public static Command Create(UserConsole console)
    {
        Command command = new("generate", "Writes text with the model.\n\nExample:\n  outlierquant generate MODEL --prompt \"The old man\" --temperature 0.8 --top-p 0.95 --seed 7")
        {
            SharedOptions.Model, Prompt, MaxTokens, Temperature, TopP, SharedOptions.Seed, Samples, Out, SharedOptions.NoBos, SharedOptions.Threads, SharedOptions.Device, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Timing, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        OutputFile.RequirePlace(arguments.GetValue(Out));
        using Session session = Session.Open(arguments);
        Tokenizer tokenizer = session.Tokenizer;
        int[] prompt = tokenizer.Encode(arguments.GetValue(Prompt)!, addSpecialTokens: session.AddsSpecialTokens(arguments));
        int room = session.Model.LongestSequence - prompt.Length;
        int maxTokens = arguments.GetValue(MaxTokens) ?? Math.Min(128, Math.Max(room, 0));
        if (prompt.Length == 0)
        {
            throw new InvalidDataException("--prompt: gives no tokens, and no BOS is added; at least one token is needed.");
        }

        if (maxTokens < 1 || maxTokens > room)
        {
            throw new UsageException($"--max-tokens is {maxTokens}, but the prompt has {prompt.Length} tokens and the model {session.Model.LongestSequence} positions, which leaves {Math.Max(room, 0)}.");
        }

        bool json = arguments.GetValue(SharedOptions.Json);
        ulong seed = (ulong)arguments.GetValue(SharedOptions.Seed);
        int samples = arguments.GetValue(Samples);
        using ProgressDisplay progress = new(console);
        Stopwatch watch = Stopwatch.StartNew();
        List<GeneratedText> texts = [];
        GenerateTiming? timing = null;
        for (int i = 0; i < samples; i++)
        {
            SamplingOptions sampling = new(arguments.GetValue(Temperature), arguments.GetValue(TopP), seed + (ulong)i);
            bool stream = !json && samples == 1;
            texts.Add(Generate(session, prompt, maxTokens, sampling, stream ? console.Output : TextWriter.Null, ref timing, cancellation));
            if (!json && !stream)
            {
                console.Output.WriteLine(texts[^1].Text);
            }

            progress.Report("generating", texts.Sum(text => (long)text.Ids.Count), (long)samples * maxTokens, "tokens");
        }

        double tokensPerSecond = texts.Sum(text => text.Ids.Count) / watch.Elapsed.TotalSeconds;
        if (arguments.GetValue(Out) is { } path)
        {
            AtomicFile.WriteAllText(path, string.Concat(texts.Select(text => text.Text + "\n")));
        }

        if (json)
        {
            console.WriteJson(new GenerateDocument(arguments.GetValue(Prompt)!, texts, tokensPerSecond, timing), CliJson.Default.GenerateDocument);
        }
        else
        {
            console.Note(string.Create(CultureInfo.InvariantCulture, $"{texts.Sum(text => text.Ids.Count)} tokens, {tokensPerSecond:F0} tokens/s"));
            if (timing is not null)
            {
                TimingTable.Show("prompt", timing.Prompt, console);
                TimingTable.Show("generated", timing.Generated, console);
            }
        }

        return 0;
    }

    private static GeneratedText Generate(Session session, int[] prompt, int maxTokens, SamplingOptions sampling, TextWriter stream, ref GenerateTiming? timing, CancellationToken cancellation)
    {
        using DecodingSession sequence = new(session.Model);
        StreamingDecoder decoder = session.Tokenizer.StartStream();
        StringBuilder text = new();
        List<int> ids = [];
        ForwardTiming? clock = session.Model.Context.Timing;
        TimingReport? first = null;
        Show(session.Tokenizer.Decode(prompt));
        long start = Stopwatch.GetTimestamp();
        foreach (int id in TextGenerator.Generate(sequence, prompt, maxTokens, sampling, session.Model.Config.EosTokenIds))
        {
            cancellation.ThrowIfCancellationRequested();
            ids.Add(id);
            if (ids.Count == 1 && clock is not null)
            {
                first = clock.Take(Stopwatch.GetElapsedTime(start), prompt.Length);
                start = Stopwatch.GetTimestamp();
            }

            Show(decoder.Append(id));
        }

        if (first is not null)
        {
            GenerateTiming both = new(first, clock!.Take(Stopwatch.GetElapsedTime(start), ids.Count - 1));
            timing = timing?.Plus(both) ?? both;
        }

        Show(decoder.Finish());
        stream.WriteLine();
        return new GeneratedText(sampling.Seed, ids, text.ToString());

        void Show(string piece)
        {
            text.Append(piece);
            stream.Write(piece);
            stream.Flush();
        }
    }
}
