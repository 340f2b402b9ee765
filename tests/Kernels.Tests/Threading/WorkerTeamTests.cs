using OutlierQuant.Kernels.Threading;
using Xunit;

namespace OutlierQuant.Kernels.Tests.Threading;

public sealed class WorkerTeamTests
{
    public static TheoryData<int> ThreadCounts => [1, 2, 3, 7];

    [Theory]
    [MemberData(nameof(ThreadCounts))]
    public void Run_EveryItemCountAndGranularity_CoversEachItemOnce(int threads)
    {
        using WorkerTeam team = new(threads);
        foreach (int granularity in (int[])[1, 3, 16, 100])
        {
            for (int items = 0; items <= 257; items++)
            {
                int[] visits = new int[items];
                team.Run(items, granularity, (first, count) =>
                {
                    for (int i = first; i < first + count; i++)
                    {
                        Interlocked.Increment(ref visits[i]);
                    }
                });
                Assert.All(visits, v => Assert.Equal(1, v));
            }
        }
    }

    [Theory]
    [MemberData(nameof(ThreadCounts))]
    public void Run_AnyGranularity_HandsOutMultiplesButForTheLastRange(int threads)
    {
        using WorkerTeam team = new(threads);
        List<(int First, int Count)> ranges = [];
        team.Run(1000, 16, (first, count) =>
        {
            lock (ranges)
            {
                ranges.Add((first, count));
            }
        });
        ranges.Sort();
        Assert.All(ranges, r => Assert.True(r.First % 16 == 0 && r.Count > 0));
        Assert.All(ranges.SkipLast(1), r => Assert.Equal(0, r.Count % 16));
        Assert.Equal(1000, ranges[^1].First + ranges[^1].Count);
    }

    [Fact]
    public void Run_LargestItemCount_DoesNotOverflow()
    {
        using WorkerTeam team = new(3);
        long sum = 0;
        team.Run(int.MaxValue, 1 << 30, (_, count) => Interlocked.Add(ref sum, count));
        Assert.Equal(int.MaxValue, sum);
    }

    [Fact]
    public void Run_TwoThreadsThatWaitForEachOther_BothTakePart()
    {
        using WorkerTeam team = new(2);
        using Barrier barrier = new(2);
        int met = 0;
        team.Run(2, 1, (_, _) =>
        {
            Assert.True(barrier.SignalAndWait(TimeSpan.FromSeconds(60)));
            Interlocked.Increment(ref met);
        });
        Assert.Equal(2, met);
    }

    [Fact]
    public void Run_AnotherThreadIsStillBusy_WaitsForIt()
    {
        using WorkerTeam team = new(2);
        using Barrier barrier = new(2);
        int caller = Environment.CurrentManagedThreadId;
        bool finished = false;
        team.Run(2, 1, (_, _) =>
        {
            Assert.True(barrier.SignalAndWait(TimeSpan.FromSeconds(60)));
            if (Environment.CurrentManagedThreadId != caller)
            {
                Thread.Sleep(100);
                Volatile.Write(ref finished, true);
            }
        });
        Assert.True(finished);
    }

    [Theory]
    [MemberData(nameof(ThreadCounts))]
    public void Run_BodyThrows_RethrowsAfterAllStoppedAndTheTeamStaysUsable(int threads)
    {
        using WorkerTeam team = new(threads);
        for (int round = 0; round < 50; round++)
        {
            int inside = 0;
            InvalidDataException thrown = Assert.Throws<InvalidDataException>(() => team.Run(100, 1, (first, _) =>
            {
                Interlocked.Increment(ref inside);
                try
                {
                    if (first >= 40)
                    {
                        throw new InvalidDataException("item");
                    }

                    Thread.SpinWait(50);
                }
                finally
                {
                    Interlocked.Decrement(ref inside);
                }
            }));
            Assert.Equal("item", thrown.Message);
            Assert.Equal(0, inside);
        }

        int done = 0;
        team.Run(100, 1, (_, count) => Interlocked.Add(ref done, count));
        Assert.Equal(100, done);
    }

    [Theory]
    [MemberData(nameof(ThreadCounts))]
    public void Run_FromABodyOfTheSameTeam_IsRefused(int threads)
    {
        using WorkerTeam team = new(threads);
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => team.Run(8, 1, (_, _) => team.Run(1, 1, (_, _) => { })));
        Assert.Contains("wait for itself", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FromABodyOfAnotherTeam_Works()
    {
        using WorkerTeam outer = new(2);
        using WorkerTeam inner = new(2);
        int sum = 0;
        outer.Run(4, 1, (first, count) => inner.Run(10, 1, (_, n) => Interlocked.Add(ref sum, n * count)));
        Assert.Equal(40, sum);
    }

    [Fact]
    public void Run_ManyCallersAtOnce_TakeTurns()
    {
        using WorkerTeam team = new(3);
        int[] sums = new int[4];
        Thread[] callers = [.. Enumerable.Range(0, 4).Select(caller => new Thread(() =>
        {
            for (int round = 0; round < 500; round++)
            {
                team.Run(20, 1, (_, count) => Interlocked.Add(ref sums[caller], count));
            }
        }))];
        Array.ForEach(callers, t => t.Start());
        Array.ForEach(callers, t => t.Join());
        Assert.All(sums, s => Assert.Equal(10_000, s));
    }

    [Fact]
    public void Run_AfterThreadsHaveGoneToSleep_WakesThem()
    {
        using WorkerTeam team = new(2);
        using Barrier barrier = new(2);
        for (int round = 0; round < 3; round++)
        {
            Thread.Sleep(20);
            team.Run(2, 1, (_, _) => Assert.True(barrier.SignalAndWait(TimeSpan.FromSeconds(60))));
        }

        Assert.Equal(3, barrier.CurrentPhaseNumber);
    }

    [Theory]
    [MemberData(nameof(ThreadCounts))]
    public void Run_OwnThreadsOnly_CoversEachItemOnceAndNeverOnTheCaller(int threads)
    {
        using WorkerTeam team = new(threads);
        int caller = Environment.CurrentManagedThreadId;
        HashSet<int> seen = [];
        for (int items = 0; items <= 130; items++)
        {
            int[] visits = new int[items];
            foreach (bool ownThreadsOnly in (bool[])[true, false, true])
            {
                team.Run(items, 1, (first, count) =>
                {
                    Assert.True(!ownThreadsOnly || Environment.CurrentManagedThreadId != caller);
                    lock (seen)
                    {
                        seen.Add(ownThreadsOnly ? Environment.CurrentManagedThreadId : -1);
                    }

                    for (int i = first; i < first + count; i++)
                    {
                        Interlocked.Increment(ref visits[i]);
                    }
                }, ownThreadsOnly);
            }

            Assert.All(visits, v => Assert.Equal(3, v));
        }

        Assert.InRange(seen.Count - 1, 1, threads);
    }

    [Fact]
    public void Run_OwnThreadsOnly_AsManyThreadsTakePart()
    {
        using WorkerTeam team = new(3);
        using Barrier barrier = new(3);
        team.Run(3, 1, (_, _) => Assert.True(barrier.SignalAndWait(TimeSpan.FromSeconds(60))), ownThreadsOnly: true);
        Assert.Equal(1, barrier.CurrentPhaseNumber);
    }

    [Theory]
    [MemberData(nameof(ThreadCounts))]
    public void Run_OwnThreadsOnlyBodyThrows_RethrowsAndTheTeamStaysUsable(int threads)
    {
        using WorkerTeam team = new(threads);
        for (int round = 0; round < 50; round++)
        {
            Assert.Throws<InvalidDataException>(() => team.Run(100, 1, (first, _) =>
            {
                if (first >= 40)
                {
                    throw new InvalidDataException("item");
                }
            }, ownThreadsOnly: true));
        }

        int done = 0;
        team.Run(100, 1, (_, count) => Interlocked.Add(ref done, count), ownThreadsOnly: true);
        Assert.Equal(100, done);
        Assert.Throws<InvalidOperationException>(() => team.Run(8, 1, (_, _) => team.Run(1, 1, (_, _) => { }, ownThreadsOnly: true), ownThreadsOnly: true));
    }

    [Fact]
    public void Run_AfterDispose_Throws()
    {
        WorkerTeam team = new(2);
        team.Dispose();
        team.Dispose();
        Assert.Throws<ObjectDisposedException>(() => team.Run(1, 1, (_, _) => { }));
    }

    [Fact]
    public void Constructor_NoThreads_ThrowsNamingThreads() =>
        Assert.Equal("threads", Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerTeam(0)).ParamName);

    [Fact]
    public void Run_WrongArguments_ThrowNamingThem()
    {
        using WorkerTeam team = new(2);
        Assert.Equal("itemCount", Assert.Throws<ArgumentOutOfRangeException>(() => team.Run(-1, 1, (_, _) => { })).ParamName);
        Assert.Equal("granularity", Assert.Throws<ArgumentOutOfRangeException>(() => team.Run(1, 0, (_, _) => { })).ParamName);
        Assert.Equal("body", Assert.Throws<ArgumentNullException>(() => team.Run(1, 1, null!)).ParamName);
    }
}
