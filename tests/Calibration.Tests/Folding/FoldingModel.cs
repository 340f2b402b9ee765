using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models;
using OutlierQuant.Testing;

namespace OutlierQuant.Calibration.Tests.Folding;

/// <summary>A small random model with a tokenizer and windows of a text.</summary>
internal sealed class FoldingModel : IDisposable
{
    public const int Context = 12;

    private const string Text = "A ship, a storm.\nNobody spoke; the lamp went out, and then they heard the sea. What was it? No one knew.";

    private readonly TemporaryDirectory _directory = new();
    private readonly WorkerTeam _team;

    public FoldingModel(RandomCheckpoint? checkpoint = null, int threads = 2)
    {
        _team = new WorkerTeam(threads);
        string directory = ((checkpoint ?? new RandomCheckpoint()) with { Tokenizer = true }).Write(_directory.Path);
        Model = TransformerModel.Open(directory, new ComputeContext(KernelSuite.Reference, _team));
        Tokenizer = Tokenizer.Load(directory);
    }

    public TransformerModel Model { get; }

    public Tokenizer Tokenizer { get; }

    public string File(string name) => _directory.File(name);

    public CalibrationSet Cut(bool bos = true, int windows = 6, int context = Context) => TextWindows.Cut(Tokenizer, Text, "text", context, bos, windows);

    public void Dispose()
    {
        Model.Dispose();
        _team.Dispose();
        _directory.Dispose();
    }
}
