using OutlierQuant.Benchmarks.Measuring;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Benchmarks.Ceilings;

/// <summary>One sample of a ceiling, on the whole team or on one thread of it.</summary>
internal sealed class CeilingArm(CeilingLoop loop, WorkerTeam team, bool onOneThread = false) : IArm
{
    // 64 MiB read and about half a millisecond of arithmetic: long beside the waking of threads, short beside a product.
    private const int MemoryRanges = 32;
    private const int ArithmeticRangesPerThread = 16;

    private readonly int _ranges = loop.Kind == CeilingKind.DramRead ? Math.Max(MemoryRanges, 8 * team.ThreadCount) : onOneThread ? ArithmeticRangesPerThread : ArithmeticRangesPerThread * team.ThreadCount;

    public CeilingLoop Loop => loop;

    /// <summary>Gets the bytes or operations of one sample.</summary>
    public double Amount => _ranges * loop.AmountPerRange;

    /// <inheritdoc/>
    public int Repeats => 1;

    /// <inheritdoc/>
    public void Prepare()
    {
    }

    /// <inheritdoc/>
    public void Run()
    {
        // A loop of one item is one thread's.
        int perItem = onOneThread ? _ranges : 1;
        team.Run(_ranges / perItem, 1, (first, count) =>
        {
            for (int i = first * perItem; i < (first + count) * perItem; i++)
            {
                loop.Run();
            }
        }, loop.NeedsOwnThreads);
    }
}
