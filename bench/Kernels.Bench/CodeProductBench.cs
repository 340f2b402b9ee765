using BenchmarkDotNet.Attributes;
using OutlierQuant.Kernels.Bench.Reports;
using OutlierQuant.Kernels.Bench.Workloads;

namespace OutlierQuant.Kernels.Bench;

/// <summary>Products with packed weight codes, all cores. Quantizing the activations is <see cref="RowQuantizeBench"/>.</summary>
[Config(typeof(RateConfig))]
public class CodeProductBench : ProductBench
{
    [ParamsSource(nameof(AllKinds))]
    public override string Kind { get; set; } = "int8×int8";

    public static IEnumerable<string> AllKinds => ProductCase.CodeKinds;
}
