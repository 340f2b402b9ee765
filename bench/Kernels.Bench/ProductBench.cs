using BenchmarkDotNet.Attributes;
using OutlierQuant.Benchmarks;
using OutlierQuant.Benchmarks.Workloads;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Kernels.Bench;

/// <summary>What the benchmarks of products share: the whole matrix with the fastest suite, and a slice of it with the reference. Quantizing activations is <see cref="RowQuantizeBench"/>.</summary>
public abstract class ProductBench : IDisposable
{
    /// <summary>Output features that the reference computes; for all of them it would take minutes.</summary>
    internal const int ReferenceFeatures = 16;

    // One matrix after another, as the parameters change: the arms of all numbers of rows share it.
    private static RotatingWeights? _weights;

    private static readonly HashSet<(string, int)> _warm = [];

    private WorkerTeam? _team;
    private ProductArm? _fastest;
    private ProductArm? _reference;

    public abstract string Kernel { get; set; }

    [ParamsSource(nameof(AllShapes))]
    public string Shape { get; set; } = "";

    [ParamsSource(nameof(AllRows))]
    public int Rows { get; set; }

    /// <summary>Gets the attention and the feed-forward matrices of a 7B Llama.</summary>
    public static IEnumerable<string> AllShapes => ["4096x4096", "11008x4096"];

    /// <summary>Gets one token, a few, and two sizes of prompt.</summary>
    public static IEnumerable<int> AllRows => [1, 8, 128, 512];

    [GlobalSetup]
    public void SetUp()
    {
        ProductCase product = Case(Kernel, Shape, Rows);
        _team = new WorkerTeam(Environment.ProcessorCount);
        if (_weights is null || _weights.Kernel != product.Kernel || _weights.Shape != product.Shape)
        {
            _weights = new(product.Kernel, product.Shape, [], BenchmarkMemory.RotationBytes(MachineDescription.OfThisMachine()));
        }

        if (_warm.Add((Kernel, Rows)))
        {
            foreach (KernelSuite suite in (KernelSuite[])[KernelSuite.Fastest, KernelSuite.Reference])
            {
                KernelWarmUp.Run(product.Kernel, new() { Suite = suite, Shapes = [new(suite == KernelSuite.Reference ? ReferenceFeatures : 128, 1024)], Rows = [Rows], PreservedCounts = [0] }, _team, CancellationToken.None);
            }
        }

        _fastest = Arm(product, KernelSuite.Fastest);
        _reference = Arm(product, KernelSuite.Reference);
        _reference.OutFeatures = ReferenceFeatures;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _fastest?.Dispose();
        _reference?.Dispose();
        _team?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void Fastest() => _fastest!.Run();

    [Benchmark(Baseline = true)]
    public void ReferenceFirst16Features() => _reference!.Run();

    internal static ProductCase Case(string kernel, string shape, int rows) => new(ProductKernel.All.Single(known => known.Name == kernel), WeightShape.Parse(shape), rows);

    private ProductArm Arm(ProductCase product, KernelSuite suite)
    {
        ProductArm arm = CaseArms.Create(new(product, _weights!, suite, _team!), [0], [])[0];
        arm.Prepare();
        return arm;
    }
}
