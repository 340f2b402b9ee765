using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using OutlierQuant.Benchmarks;
using OutlierQuant.Benchmarks.Ceilings;
using OutlierQuant.Benchmarks.Measuring;
using OutlierQuant.Kernels.Bench.Reports;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Kernels.Bench;

/// <summary>The machine's ceilings, all cores: what bounds the products of the same run.</summary>
[Config(typeof(Rates))]
public class CeilingBench : IDisposable
{
    private WorkerTeam? _team;
    private CeilingArm? _arm;

    [ParamsSource(nameof(AllLoops))]
    public string Loop { get; set; } = "";

    public static IEnumerable<string> AllLoops => Loops().Select(Name);

    [GlobalSetup]
    public void SetUp()
    {
        _team = new WorkerTeam(Environment.ProcessorCount);
        _arm = new CeilingArm(Loops().Single(loop => Name(loop) == Loop), _team);
        WarmUp.Run(_arm.Run, CancellationToken.None);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _team?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void Ceiling() => _arm!.Run();

    private static IReadOnlyList<CeilingLoop> Loops() => _loops.Value;

    private static readonly Lazy<IReadOnlyList<CeilingLoop>> _loops = new(() => [.. new MemoryLoop(BenchmarkMemory.ReadBytes(MachineDescription.OfThisMachine())).Loops(), .. CeilingLoops.Arithmetic()]);

    private static string Name(CeilingLoop loop) => $"{loop.Kind}: {loop.Instruction}";

    private sealed class Rates : ManualConfig
    {
        public Rates()
        {
            using WorkerTeam team = new(Environment.ProcessorCount);
            Dictionary<string, double> amounts = Loops().ToDictionary(Name, loop => new CeilingArm(loop, team).Amount);
            AddColumn(new RateColumn("G/s", "Bytes read or operations per second, in billions", benchmark => amounts[(string)benchmark.Parameters[nameof(Loop)]]));
        }
    }
}
