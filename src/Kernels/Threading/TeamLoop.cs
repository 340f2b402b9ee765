using System.Runtime.ExceptionServices;

namespace OutlierQuant.Kernels.Threading;

/// <summary>One loop that a team shares out: what is left of it, who works on it, and what went wrong.</summary>
/// <remarks>
/// <para>A thread that wakes up late finds the loop closed and does not delay the caller.</para>
/// <para>Ranges shrink: each is a share of what is left. Long ones repeat less of what a kernel prepares for each range; short ones at the end
/// keep a thread from waiting long for the last (guided self-scheduling, Polychronopoulos and Kuck, 1987).</para>
/// </remarks>
internal sealed class TeamLoop(int itemCount, int granularity, int threads, Action<int, int> body, bool ownThreadsOnly)
{
    private const int Closed = int.MinValue;
    private const int SpinRounds = 400;
    private const int PausesPerRound = 4;

    // The first range of a thread is half of its fair share, and the last a sixteenth of that.
    private const int FirstShare = 2;
    private const int LastShare = 16 * FirstShare;

    private readonly object _idle = new();
    private int _next;
    private int _helpers;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Gets a value indicating whether there is work for more than one thread.</summary>
    public bool HasSeveralRanges => RangeSize(itemCount) < itemCount;

    /// <summary>Gets a value indicating whether the caller's thread takes no ranges.</summary>
    public bool OwnThreadsOnly => ownThreadsOnly;

    /// <summary>Joins the loop as one of the team's own threads; false once the caller has closed it.</summary>
    public bool TryEnter()
    {
        int helpers = Volatile.Read(ref _helpers);
        while (helpers >= 0)
        {
            int seen = Interlocked.CompareExchange(ref _helpers, helpers + 1, helpers);
            if (seen == helpers)
            {
                return true;
            }

            helpers = seen;
        }

        return false;
    }

    public void Leave()
    {
        // A caller that takes no ranges also waits for the last one to be taken, so any thread that finds none left tells it.
        if (Interlocked.Decrement(ref _helpers) == Closed || ownThreadsOnly)
        {
            lock (_idle)
            {
                Monitor.PulseAll(_idle);
            }
        }
    }

    public void TakeRanges()
    {
        try
        {
            while (TryTake(out int first, out int count))
            {
                body(first, count);
            }
        }
#pragma warning disable CA1031 // Whatever a body throws is rethrown on the caller's thread by ThrowIfFailed.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
            Interlocked.Exchange(ref _next, itemCount);
        }
    }

    /// <summary>Waits until every range has been taken, or a body has thrown.</summary>
    public void WaitUntilTaken() => Wait(() => Volatile.Read(ref _next) >= itemCount);

    /// <summary>Lets no further thread in and waits until those inside have left.</summary>
    public void CloseAndWait()
    {
        Interlocked.Or(ref _helpers, Closed);
        Wait(() => Volatile.Read(ref _helpers) == Closed);
    }

    public void ThrowIfFailed() => _failure?.Throw();

    private void Wait(Func<bool> isOver)
    {
        for (int round = 0; round < SpinRounds; round++)
        {
            if (isOver())
            {
                return;
            }

            Thread.SpinWait(PausesPerRound);
        }

        lock (_idle)
        {
            while (!isOver())
            {
                Monitor.Wait(_idle);
            }
        }
    }

    private bool TryTake(out int first, out int count)
    {
        first = Volatile.Read(ref _next);
        while (first < itemCount)
        {
            count = RangeSize(itemCount - first);
            int seen = Interlocked.CompareExchange(ref _next, first + count, first);
            if (seen == first)
            {
                return true;
            }

            first = seen;
        }

        count = 0;
        return false;
    }

    /// <summary>Computes the size of the next range: a multiple of the granularity, unless fewer items are left.</summary>
    private int RangeSize(int left)
    {
        long share = Math.Max(left / ((long)FirstShare * threads), itemCount / ((long)LastShare * threads));
        return (int)Math.Min(left, Math.Max(1, (share + granularity - 1) / granularity) * granularity);
    }
}
