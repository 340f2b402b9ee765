using BenchmarkDotNet.Attributes;
using OutlierQuant.Benchmarks;
using OutlierQuant.Kernels.Bench.Reports;

namespace OutlierQuant.Kernels.Bench;

/// <summary>Products with float weights, all cores.</summary>
[Config(typeof(RateConfig))]
public class FloatMatmulBench : ProductBench
{
    [ParamsSource(nameof(AllKernels))]
    public override string Kernel { get; set; } = "";

    public static IEnumerable<string> AllKernels => ProductKernel.All.Where(kernel => kernel.FloatWeights is not null).Select(kernel => kernel.Name);
}
