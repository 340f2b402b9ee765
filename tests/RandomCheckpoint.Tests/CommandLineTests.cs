using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.RandomCheckpoint.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("f32", TensorType.F32)]
    [InlineData("f16", TensorType.F16)]
    [InlineData("bf16", TensorType.BF16)]
    public async Task Run_EveryType_WritesACheckpointThatRunsAndATokenizerThatKnowsEveryId(string name, TensorType type)
    {
        string path = _directory.File("model");

        (int exit, string error) = await Run(path, "--shape", "llama-tiny", "--type", name);

        Assert.Equal(0, exit);
        Assert.Equal($"{path}: llama-tiny, {name}, seed 1", error.Trim());
        using WorkerTeam team = new(2);
        using TransformerModel model = TransformerModel.Open(path, new ComputeContext(KernelSuite.Choose(), team));
        Assert.All(model.Store.Tensors, tensor => Assert.Equal(type, tensor.Type));
        Tokenizer tokenizer = Tokenizer.Load(path);
        Assert.Equal(model.Config.VocabularySize, tokenizer.VocabularySize);
        int[] ids = tokenizer.Encode("in the beginning, été, 日本", addSpecialTokens: true);
        Assert.Equal(PairTokenizer.BosTokenId, ids[0]);
        Assert.True(ids.Length < 30, "pairs of letters must be one token");
        Assert.Equal("in the beginning, été, 日本", tokenizer.Decode(ids.AsSpan(1)));
        Assert.All(Enumerable.Range(0, model.Config.VocabularySize), id => Assert.NotNull(tokenizer.Piece(id)));
        float[] logits = model.Logits(ids);
        Assert.All(logits, logit => Assert.InRange(logit, -20, 20));
        Assert.InRange(Deviation(logits), 0.2, 5);
    }

    [Fact]
    public async Task Run_SameSeed_SameBytes_OtherSeed_OtherBytes()
    {
        _ = await Run(_directory.File("a"), "--shape", "llama-tiny");
        _ = await Run(_directory.File("b"), "--shape", "llama-tiny", "--seed", "1");
        _ = await Run(_directory.File("c"), "--shape", "llama-tiny", "--seed", "2");

        byte[] first = Weights("a");
        Assert.Equal(first, Weights("b"));
        Assert.NotEqual(first, Weights("c"));
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"], Directory.GetFiles(_directory.File("a")).Select(Path.GetFileName).Order());

        byte[] Weights(string name) => File.ReadAllBytes(Path.Combine(_directory.File(name), "model.safetensors"));
    }

    [Fact]
    public async Task Run_PlaceTaken_FailsUnlessOverwritingIsAllowed()
    {
        string path = _directory.File("model");
        _ = await Run(path, "--shape", "llama-tiny");

        (int exit, string error) = await Run(path, "--shape", "llama-tiny", "--seed", "9");
        Assert.Equal(1, exit);
        Assert.Contains("not empty", error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
        Assert.Equal(0, (await Run(path, "--shape", "llama-tiny", "--seed", "9", "--overwrite")).Exit);
        Assert.Equal(["model"], _directory.Names);
    }

    [Fact]
    public void Write_Cancelled_LeavesNothing()
    {
        using CancellationTokenSource source = new();
        ModelShape shape = ModelShape.All.Single(shape => shape.Name == "llama-tiny");

        Assert.Throws<OperationCanceledException>(
            () => CheckpointWriter.Write(_directory.File("model"), shape, TensorType.F32, 1, false, (_, _) => source.Cancel(), source.Token));

        Assert.Empty(_directory.Names);
    }

    [Theory]
    [InlineData("--shape is 'llama-9b', but must be one of: llama-1b, llama-1b-wide, llama-tiny.", "x", "--shape", "llama-9b")]
    [InlineData("--type is 'int8', but must be one of: bf16, f16, f32.", "x", "--type", "int8")]
    [InlineData("Required argument missing", "--type", "f32")]
    public async Task Run_WrongUsage_SaysWhatIsRight(string message, params string[] arguments)
    {
        (int exit, string error) = await Run(arguments);

        Assert.Equal(2, exit);
        Assert.StartsWith(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_OfABillionParameters_HaveThem()
    {
        Assert.All(ModelShape.All.Where(shape => shape.Name.StartsWith("llama-1b", StringComparison.Ordinal)), shape =>
        {
            long attention = (2L * shape.HiddenSize * shape.HiddenSize) + (2L * shape.HiddenSize * shape.KeyValueHeads * shape.HeadSize);
            long block = attention + (3L * shape.HiddenSize * shape.IntermediateSize);
            Assert.InRange((shape.Blocks * block) + (2L * shape.Vocabulary * shape.HiddenSize), 1_000_000_000, 1_200_000_000);
        });
    }

    private static double Deviation(float[] values) => Math.Sqrt(values.Average(value => (double)value * value));

    private static async Task<(int Exit, string Error)> Run(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int exit = await CommandLine.RunAsync(arguments, output, error, showsProgress: false);
        return (exit, error.ToString());
    }
}
