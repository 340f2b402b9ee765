using BenchmarkDotNet.Attributes;
using OutlierQuant.Kernels.Bench.Ceilings;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Kernels.Bench;

/// <summary>The machine's ceilings, all cores, in the units of one sample: 128 MiB read; 8 million rounds of multiply-adds a core.</summary>
public class CeilingBench : IDisposable
{
    private WorkerTeam? _team;
    private MachineCeilings? _ceilings;

    [GlobalSetup]
    public void SetUp()
    {
        _team = new WorkerTeam(Environment.ProcessorCount);
        _ceilings = new MachineCeilings(_team);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _team?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public double DramRead128MiB() => _ceilings!.DramRead();

    [Benchmark]
    public double Binary32MultiplyAdds() => _ceilings!.Binary32();

    [Benchmark]
    public double Int8MultiplyAdds() => _ceilings!.Int8();
}
