using System.Text.Json.Nodes;
using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests;

/// <summary>A model with its tokenizer and threads, opened for one test.</summary>
internal sealed class EvaluatedModel : IDisposable
{
    private readonly WorkerTeam _team;
    private readonly TemporaryDirectory? _directory;

    private EvaluatedModel(string directory, int threads, TemporaryDirectory? owned)
    {
        _directory = owned;
        _team = new WorkerTeam(threads);
        Model = TransformerModel.Open(directory, new ComputeContext(KernelSuite.Choose(), _team));
        Tokenizer = Tokenizer.Load(directory);
    }

    public TransformerModel Model { get; }

    public Tokenizer Tokenizer { get; }

    /// <summary>Opens one of the shared models, for example <c>tiny-llama</c>.</summary>
    public static EvaluatedModel Shared(string name, int threads = 2) => new(SharedData.Require($"models/{name}"), threads, null);

    /// <summary>Makes a random checkpoint with the byte tokenizer and opens it.</summary>
    public static EvaluatedModel Random(RandomCheckpoint? checkpoint = null, int threads = 2, bool bos = true)
    {
        var directory = new TemporaryDirectory();
        (checkpoint ?? new RandomCheckpoint { BosOutlier = 300 }).Write(directory.Path);
        ByteTokenizer.Write(directory.Path);
        if (!bos)
        {
            var tokenizer = JsonNode.Parse(File.ReadAllText(directory.File("tokenizer.json")))!;
            tokenizer["post_processor"] = null;
            directory.Write("tokenizer.json", tokenizer.ToJsonString());
            directory.Write("tokenizer_config.json", "{}");
        }

        return new EvaluatedModel(directory.Path, threads, directory);
    }

    /// <summary>Makes a random checkpoint with the byte tokenizer, lets its files be changed, and opens it.</summary>
    public static EvaluatedModel Edited(RandomCheckpoint checkpoint, Action<string> edit)
    {
        var directory = new TemporaryDirectory();
        checkpoint.Write(directory.Path);
        ByteTokenizer.Write(directory.Path);
        edit(directory.Path);
        return new EvaluatedModel(directory.Path, 2, directory);
    }

    /// <summary>Makes a random checkpoint of F32 tensors with the byte tokenizer, lets their values be changed by name, and opens it.</summary>
    public static EvaluatedModel WithTensors(RandomCheckpoint checkpoint, Action<Dictionary<string, float[]>> edit) => Edited(checkpoint, directory =>
    {
        Dictionary<string, float[]> tensors = [];
        Dictionary<string, long[]> shapes = [];
        using (var store = TensorStore.Open(directory))
        {
            foreach (var tensor in store.Tensors)
            {
                tensors[tensor.Name] = tensor.Elements<float>(0, (int)tensor.ElementCount).ToArray();
                shapes[tensor.Name] = [.. tensor.Shape];
            }
        }

        edit(tensors);
        SafetensorsWriter.Write(Path.Combine(directory, "model.safetensors"), [.. tensors.Select(tensor => TensorToWrite.From<float>(tensor.Key, TensorType.F32, shapes[tensor.Key], tensor.Value))]);
    });

    public CalibrationProfile Calibrate(string text, string source, int context, int windows) =>
        Calibrator.Run(Model, Tokenizer, TextWindows.Cut(Tokenizer, text, source, context, true, windows), new DetectorOptions());

    public void Dispose()
    {
        Model.Dispose();
        _team.Dispose();
        _directory?.Dispose();
    }
}
