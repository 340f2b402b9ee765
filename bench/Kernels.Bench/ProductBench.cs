using BenchmarkDotNet.Attributes;
using OutlierQuant.Kernels.Bench.Workloads;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Kernels.Bench;

/// <summary>What the benchmarks of products share: the whole matrix with vectors, and a slice of it with the reference.</summary>
public abstract class ProductBench : IDisposable
{
    /// <summary>Rows that the reference computes; for all of them it would take minutes.</summary>
    internal const int ReferenceRows = 16;

    private Workload? _workload;
    private WorkerTeam? _team;

    public abstract string Kind { get; set; }

    [ParamsSource(nameof(AllShapes))]
    public string Shape { get; set; } = "4096x4096";

    [ParamsSource(nameof(AllTokenCounts))]
    public int Tokens { get; set; } = 1;

    public static IEnumerable<string> AllShapes => ProductCase.Shapes;

    public static IEnumerable<int> AllTokenCounts => ProductCase.TokenCounts;

    [GlobalSetup]
    public void SetUp()
    {
        _workload = Workload.Create(ProductCase.Parse(Kind, Shape, Tokens));
        _team = new WorkerTeam(Environment.ProcessorCount);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _team?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void Simd() => _workload!.Multiply(KernelSuite.Fastest, _team!, _workload.Product.Rows);

    [Benchmark]
    public void ReferenceFirst16Rows() => _workload!.Multiply(KernelSuite.Reference, _team!, ReferenceRows);
}
