using System.Runtime.CompilerServices;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Benchmarks.Measuring;

/// <summary>An empty loop on every thread, timed beside each sample: it is slow exactly while something else wants the cores.</summary>
/// <remarks>
/// Each step depends on the one before and the loop branches every cycle, so a neighbour on the same core (another hyper-thread, another virtual machine)
/// shows at once, and memory does not matter at all.
/// </remarks>
internal sealed class SampleGuard(WorkerTeam team)
{
    /// <summary>How much slower than beside the calmest sample of an arm the loop may be. Waking the team's threads varies by some per cent.</summary>
    public const double Tolerance = 1.15;

    /// <summary>How much slower than in the calmest moment of the run the loop may be at an arm's best: wide instructions cost that much speed, a busy neighbour costs more.</summary>
    public const double ToleranceBetweenArms = 1.5;

    private const int Steps = 100_000;
    private const int RangesPerThread = 8;

    /// <summary>Gets a result that nobody needs but the compiler must compute.</summary>
    public int Last { get; private set; }

    /// <summary>Runs the loop once on the whole team.</summary>
    public void Run() => team.Run(team.ThreadCount * RangesPerThread, 1, (first, count) => Last = Loop(Steps * count));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Loop(int steps)
    {
        int mixed = 0;
        for (; steps != 0; steps--)
        {
            mixed ^= steps;
        }

        return mixed;
    }
}
