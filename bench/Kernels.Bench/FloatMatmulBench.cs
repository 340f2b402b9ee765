using BenchmarkDotNet.Attributes;
using OutlierQuant.Kernels.Bench.Reports;
using OutlierQuant.Kernels.Bench.Workloads;

namespace OutlierQuant.Kernels.Bench;

/// <summary>Products with float weights, all cores.</summary>
[Config(typeof(RateConfig))]
public class FloatMatmulBench : ProductBench
{
    [ParamsSource(nameof(AllKinds))]
    public override string Kind { get; set; } = "float×f32";

    public static IEnumerable<string> AllKinds => ProductCase.FloatKinds;
}
