using OutlierQuant.Benchmarks.Measuring;
using OutlierQuant.Kernels.Threading;
using Xunit;

namespace OutlierQuant.Benchmarks.Tests.Measuring;

public sealed class WarmUpTests
{
    [Fact]
    public void Run_RepeatsOftenEnoughForTheRuntimeToCompileTwice()
    {
        int calls = 0;

        WarmUp.Run(() => calls++, CancellationToken.None);

        Assert.InRange(calls, 90, int.MaxValue);
    }

    [Fact]
    public void Run_Cancelled_Stops() => Assert.Throws<OperationCanceledException>(() => WarmUp.Run(() => { }, new CancellationToken(canceled: true)));

    [Fact]
    public void Guard_RunsOnTheTeam()
    {
        using WorkerTeam team = new(2);
        SampleGuard guard = new(team);

        guard.Run();

        Assert.NotEqual(0, guard.Last);
    }
}
