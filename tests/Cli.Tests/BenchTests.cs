using System.Text.Json;
using OutlierQuant.Kernels;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Cli.Tests;

public sealed class BenchTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task Bench_Json_IsOneDocumentAndTheSameInTheFile()
    {
        string path = _directory.File("bench.json");

        CommandOutcome outcome = await CommandRunner.Run("bench", "--quick", "--shapes", "24x64", "--rows", "2", "--preserved", "0,3", "--only", "int8xint8", "--threads", "2", "--precision", "bf16", "--json", "--out", path);

        Assert.Equal(0, outcome.ExitCode);
        JsonElement document = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal(outcome.Output.ReplaceLineEndings("\n"), (await File.ReadAllTextAsync(path)).ReplaceLineEndings("\n"));
        Assert.Equal(["bench.json"], _directory.Names);
        Assert.Equal((2, "bf16"), (document.GetProperty("threads").GetInt32(), document.GetProperty("precision").GetString()));
        KernelSuite running = KernelSuite.Choose(null, FloatPrecision.BF16);
        Assert.Equal((running.Name, running.Description), Running(document));
        Assert.True(document.GetProperty("ceilings").GetProperty("dramRead").GetProperty("gbPerSecond").GetDouble() > 0);
        Assert.Equal(
            [("naive", 0, false), ("naive", 0, true), ("preserving", 3, false), ("preserving", 3, true), ("searching", 3, true)],
            document.GetProperty("results").EnumerateArray().Select(result => (result.GetProperty("arm").GetString()!, result.GetProperty("preservedChannels").GetInt32(), result.GetProperty("includesActivationQuantization").GetBoolean())));
        Assert.All(document.GetProperty("results").EnumerateArray(), result => Assert.Equal((24, 64, 2), (result.GetProperty("outFeatures").GetInt32(), result.GetProperty("inFeatures").GetInt32(), result.GetProperty("rows").GetInt32())));
    }

    [Fact]
    public async Task Bench_WithoutJson_NamesSuitesCeilingsAndKernels()
    {
        CommandOutcome outcome = await CommandRunner.Run("bench", "--quick", "--shapes", "24x64", "--rows", "1", "--preserved", "0,3", "--only", "ternary", "--kernels", "reference");

        Assert.Equal(0, outcome.ExitCode);
        Assert.All(
            ["runs       reference", "precision of products of floats: f32", "DRAM read", "int8", "Weights 24 × 64", "int8×ternary", "float×ternary", "preserving 3", "searching 3", "samples"],
            words => Assert.Contains(words, outcome.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("60000x60000", "Shape 60000x60000", "one array holds at most")]
    [InlineData("64x200000", "Shape 64x200000", "at most 131072")]
    [InlineData("8x8", "Shape 8x8", "64 channels cannot be preserved of 8")]
    public async Task Bench_ShapeThatCannotBe_IsOneLine(string shape, params string[] words)
    {
        string path = _directory.File("bench.json");

        (await CommandRunner.Run("bench", "--shapes", shape, "--out", path)).MustFail(1, words);

        Assert.Empty(_directory.Names);
    }

    [Fact]
    public async Task Bench_OutIntoAMissingDirectory_FailsBeforeMeasuring() =>
        (await CommandRunner.Run("bench", "--out", Path.Combine(_directory.File("absent"), "bench.json"))).MustFail(1, "there is no directory");

    private static (string? Name, string? Description) Running(JsonElement document)
    {
        JsonElement suite = document.GetProperty("suites").EnumerateArray().Single(suite => suite.GetProperty("name").GetString() == document.GetProperty("suite").GetString());
        return (suite.GetProperty("name").GetString(), suite.GetProperty("description").GetString());
    }

    public void Dispose() => _directory.Dispose();
}
