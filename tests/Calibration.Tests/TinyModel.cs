using System.Text.Json;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models;
using OutlierQuant.Testing;

namespace OutlierQuant.Calibration.Tests;

/// <summary>One of the shared trained checkpoints with its recorded values.</summary>
internal sealed class TinyModel : IDisposable
{
    private readonly WorkerTeam _team;

    public TinyModel(string name, int threads = 2)
    {
        string directory = SharedData.Require($"models/{name}");
        _team = new WorkerTeam(threads);
        Model = TransformerModel.Open(directory, new ComputeContext(KernelSuite.Choose(), _team));
        Tokenizer = Tokenizer.Load(directory);
        Layerwise = Read(Path.Combine(directory, "golden", "layerwise.json"));
        Tokens = Read(Path.Combine(directory, "golden", "tokens.json"));
    }

    public TransformerModel Model { get; }

    public Tokenizer Tokenizer { get; }

    /// <summary>golden/layerwise.json: the largest values of every block.</summary>
    public JsonElement Layerwise { get; }

    /// <summary>golden/tokens.json: three prompts and their ids.</summary>
    public JsonElement Tokens { get; }

    /// <summary>The windows behind "valid8": the first eight of 32 windows spread evenly over valid.txt.</summary>
    public CalibrationSet FirstEightOfValid()
    {
        string text = File.ReadAllText(SharedData.Require("text/valid.txt"));
        CalibrationSet set = TextWindows.Cut(Tokenizer, text, "valid.txt", 256, bos: true, maxWindows: 32);
        return set with { Windows = [.. set.Windows.Take(8)] };
    }

    public CalibrationProfile Calibrate(CalibrationSet set, DetectorOptions? options = null) => Calibrator.Run(Model, Tokenizer, set, options ?? new());

    public void Dispose()
    {
        Model.Dispose();
        _team.Dispose();
    }

    private static JsonElement Read(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }
}
