using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Kernels.Tests.MachineCode;

/// <summary>Runs what needs a team's own thread, and leaves the threads of the test runner as they are: these go on to run other tests, without room for large signal frames.</summary>
internal static class OwnThread
{
    private static readonly WorkerTeam _team = new(1);

    public static void Run(Action action) => _team.Run(1, 1, (_, _) => action(), ownThreadsOnly: true);
}
