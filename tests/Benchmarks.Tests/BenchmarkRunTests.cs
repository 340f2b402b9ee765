using System.Text.Json;
using OutlierQuant.Kernels;
using Xunit;

namespace OutlierQuant.Benchmarks.Tests;

public sealed class BenchmarkRunTests
{
    private static readonly BenchmarkOptions Tiny = BenchmarkOptions.Quick(KernelSuite.Fastest) with
    {
        Threads = 2,
        Kernels = [.. ProductKernel.Matching("int8×int8"), .. ProductKernel.Matching("float×f16")],
        Shapes = [new(37, 65)],
        Rows = [1, 3],
        PreservedCounts = [0, 2],
    };

    [Fact]
    public void Run_TinyShape_MeasuresEveryArm()
    {
        List<BenchmarkProgress> progress = [];

        BenchmarkReport report = BenchmarkRun.Run(Tiny, BenchmarkMemoryTests.SmallMachine, progress.Add, CancellationToken.None);

        // For int8: naive and preserving, each with and without quantizing, and searching. For floats one.
        Assert.Equal((2 * 5) + 2, report.Results.Count);
        Assert.Equal(2 + (2 * 3), report.Arms);
        Assert.All(report.Results, CheckArithmetic);
        Assert.Equal([("int8×int8", 1), ("int8×int8", 3), ("float×f16", 1), ("float×f16", 3)], report.Results.Select(result => (result.Kernel, result.Rows)).Distinct());
        Assert.All(report.Results.Where(result => result.Arm == OutlierArm.Searching), result => Assert.True(result.IncludesActivationQuantization));
        Assert.Equal((5, 4), (progress.Count, progress[^1].Total));
        Assert.Equal(KernelSuite.All.Select(suite => suite.UnavailableBecause), report.Suites.Select(suite => suite.UnavailableBecause));
        Assert.Equal(report.DisturbedArms > 0, report.Warning is not null);
    }

    [Fact]
    public void Run_Serialized_HasItsKeysAndReadsBack()
    {
        BenchmarkReport report = BenchmarkRun.Run(Tiny with { Kernels = ProductKernel.Matching("int8×int8"), Rows = [1] }, BenchmarkMemoryTests.SmallMachine, null, CancellationToken.None);

        string json = JsonSerializer.Serialize(report, BenchmarkJson.Default.BenchmarkReport);

        JsonElement document = JsonDocument.Parse(json).RootElement;
        Assert.Equal(["dramRead", "f32", "bf16", "int8", "int4"], document.GetProperty("ceilings").EnumerateObject().Select(property => property.Name));
        JsonElement result = document.GetProperty("results")[0];
        Assert.All(
            ["kernel", "rows", "inFeatures", "outFeatures", "preservedChannels", "implementation", "medianMs", "gopsPerSecond", "gbPerSecond", "percentOfCeiling", "includesActivationQuantization"],
            key => Assert.True(result.TryGetProperty(key, out _), $"there is no key '{key}'"));
        Assert.Equal("naive", result.GetProperty("arm").GetString());
        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize(json, BenchmarkJson.Default.BenchmarkReport), BenchmarkJson.Default.BenchmarkReport));
    }

    [Fact]
    public void Run_WithoutTime_MeasuresFewerOutputFeaturesAndScales()
    {
        BenchmarkReport report = BenchmarkRun.Run(
            Tiny with { Suite = KernelSuite.Reference, Shapes = [new(512, 65)], Rows = [1], TimeLimit = TimeSpan.Zero }, BenchmarkMemoryTests.SmallMachine, null, CancellationToken.None);

        Assert.All(report.Results, result => Assert.InRange(result.MeasuredOutFeatures, 1, 511));
        Assert.All(report.Results, CheckArithmetic);
    }

    [Fact]
    public void Run_Cancelled_StopsBeforeTheFirstCase() =>
        Assert.Throws<OperationCanceledException>(() => BenchmarkRun.Run(Tiny, BenchmarkMemoryTests.SmallMachine, null, new CancellationToken(canceled: true)));

    private static void CheckArithmetic(BenchmarkResult result)
    {
        double operations = 2.0 * result.Rows * result.InFeatures * result.OutFeatures, seconds = result.MedianMs / 1e3;
        double bytes = result.GbPerSecond * 1e9 * seconds;
        double memory = bytes / (result.CeilingGbPerSecond * 1e9), arithmetic = operations / (result.CeilingGopsPerSecond * 1e9);
        Assert.True(seconds > 0);
        Assert.Equal(operations / seconds / 1e9, result.GopsPerSecond, 1e-9 * result.GopsPerSecond);
        Assert.InRange(bytes, result.InFeatures * result.OutFeatures, 8.0 * result.InFeatures * result.OutFeatures);
        Assert.Equal(100 * Math.Max(memory, arithmetic) / seconds, result.PercentOfCeiling, 1e-6 * result.PercentOfCeiling);
        Assert.Equal(memory > arithmetic, result.BoundBy == "dram");
        Assert.InRange(result.Samples, 3, 7);
    }
}
