using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace OutlierQuant.Kernels.Bench.Reports;

/// <summary>Few iterations in one process: some two hundred benchmarks take minutes, where a process for each would take an hour.</summary>
/// <remarks>The benchmarks warm their kernels up themselves, and the weights rotate, so that iterations do not profit from each other.</remarks>
internal sealed class InProcessConfig : ManualConfig
{
    public InProcessConfig()
    {
        Add(DefaultConfig.Instance);
        AddJob(Job.Default
            .WithId("InProcess")
            .WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(5), logOutput: true))
            .WithIterationTime(TimeInterval.FromMilliseconds(60))
            .WithMinIterationCount(3)
            .WithWarmupCount(1)
            .WithIterationCount(5)
            .WithEvaluateOverhead(false));
    }
}
