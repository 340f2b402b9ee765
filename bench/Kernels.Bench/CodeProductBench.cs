using BenchmarkDotNet.Attributes;
using OutlierQuant.Benchmarks;
using OutlierQuant.Kernels.Bench.Reports;

namespace OutlierQuant.Kernels.Bench;

/// <summary>Products with packed weight codes, all cores.</summary>
[Config(typeof(RateConfig))]
public class CodeProductBench : ProductBench
{
    [ParamsSource(nameof(AllKernels))]
    public override string Kernel { get; set; } = "";

    public static IEnumerable<string> AllKernels => ProductKernel.All.Where(kernel => kernel.CodeWeights is not null).Select(kernel => kernel.Name);
}
