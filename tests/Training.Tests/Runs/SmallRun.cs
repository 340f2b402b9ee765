using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models;
using OutlierQuant.Testing;
using OutlierQuant.Training.Data;
using OutlierQuant.Training.Runs;

namespace OutlierQuant.Training.Tests.Runs;

/// <summary>Runs of a tiny model on a tiny text, in a directory of their own.</summary>
internal sealed class SmallRun : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public SmallRun()
    {
        string tokenizer = System.IO.Directory.CreateDirectory(_directory.File("tokenizer")).FullName;
        ByteTokenizer.Write(tokenizer);
        Input = InputOf(Text);
    }

    public static string Text { get; } = string.Concat(Enumerable.Range(0, 60).Select(i => $"Line {i} says {i * i % 97}.\n{(i % 20 == 19 ? "\0" : "")}"));

    public static TrainingOptions Options { get; } = new()
    {
        Shape = new()
        {
            Variant = new(AttentionVariant.Bias, NormPlacement.Pre, false),
            HiddenSize = 16,
            BlockCount = 2,
            HeadCount = 2,
            KeyValueHeadCount = 1,
            IntermediateSize = 24,
            Context = 24,
            VocabularySize = ByteTokenizer.VocabularySize,
        },
        Steps = 12,
        Windows = 3,
        LearningRate = 3e-3,
        WarmUpSteps = 4,
        MeasureEvery = 4,
        CheckpointEvery = 5,
        ValidationWindows = 5,
        StoredType = TensorType.F32,
    };

    public TrainingInput Input { get; }

    public TrainingInput InputOf(string text)
    {
        Tokenizer tokenizer = Tokenizer.Load(_directory.File("tokenizer"));
        (TrainingText head, TrainingText tail) = TrainingText.Encode(tokenizer, text, "text").CutTail(0.2, 1);
        return new(tokenizer, _directory.File("tokenizer"), head, tail);
    }

    /// <summary>A path in the directory.</summary>
    public string Place(string name) => _directory.File(name);

    /// <summary>Begins a run and trains, to the end or until a step is done.</summary>
    public TrainingOutcome Train(string name, TrainingOptions options, int threads = 2, int? stopAfter = null) =>
        With(threads, compute => Go(TrainingRun.Begin(Place(name), Input, options, compute), stopAfter));

    /// <summary>Goes on with a run.</summary>
    public TrainingOutcome Resume(string name, int threads = 2, int? stopAfter = null) =>
        With(threads, compute => Go(TrainingRun.Resume(Place(name), Input, compute), stopAfter));

    /// <summary>Every file of a run but the log, whose speeds differ, with its bytes.</summary>
    public Dictionary<string, string> Files(string name) => System.IO.Directory.GetFiles(Place(name))
        .Where(path => Path.GetFileName(path) != "log.jsonl")
        .ToDictionary(path => Path.GetFileName(path), path => Convert.ToHexString(File.ReadAllBytes(path)));

    public static T With<T>(int threads, Func<ComputeContext, T> body)
    {
        using WorkerTeam team = new(threads);
        return body(new ComputeContext(KernelSuite.Choose(), team));
    }

    public void Dispose() => _directory.Dispose();

    private static TrainingOutcome Go(TrainingRun run, int? stopAfter)
    {
        using CancellationTokenSource source = new();
        return run.Run(
            progress =>
            {
                if (progress.Step == stopAfter)
                {
                    source.Cancel();
                }
            },
            source.Token);
    }
}
