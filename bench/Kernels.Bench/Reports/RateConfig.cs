using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using OutlierQuant.Benchmarks.Workloads;

namespace OutlierQuant.Kernels.Bench.Reports;

/// <summary>Adds rates to the time of a product.</summary>
public sealed class RateConfig : ManualConfig
{
    public RateConfig()
    {
        AddColumn(new RateColumn("GB/s", "Bytes of weights read per second", benchmark => Share(benchmark) * Product(benchmark).WeightBytes));
        AddColumn(new RateColumn("Gop/s", "Operations per second, two for each multiply-add", benchmark => Share(benchmark) * Product(benchmark).Operations));
    }

    private static ProductCase Product(BenchmarkCase benchmark) => ProductBench.Case(
        (string)benchmark.Parameters[nameof(ProductBench.Kernel)], (string)benchmark.Parameters[nameof(ProductBench.Shape)], (int)benchmark.Parameters[nameof(ProductBench.Rows)]);

    // The reference computes a few output features only.
    private static double Share(BenchmarkCase benchmark) =>
        benchmark.Descriptor.WorkloadMethod.Name == nameof(ProductBench.Fastest) ? 1 : (double)ProductBench.ReferenceFeatures / Product(benchmark).Shape.OutFeatures;
}
