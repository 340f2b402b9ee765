using System.Runtime.ExceptionServices;

namespace OutlierQuant.Kernels.Threading;

/// <summary>One loop that a team shares out: what is left of it, who works on it, and what went wrong.</summary>
/// <remarks>A thread that wakes up late finds the loop closed and does not delay the caller.</remarks>
internal sealed class TeamLoop(int itemCount, int granularity, int desiredRanges, Action<int, int> body, bool ownThreadsOnly)
{
    private const int Closed = int.MinValue;
    private const int SpinRounds = 400;
    private const int PausesPerRound = 4;

    private readonly long _rangeSize = RangeSize(itemCount, granularity, desiredRanges);
    private readonly object _idle = new();
    private long _next;
    private int _helpers;
    private ExceptionDispatchInfo? _failure;

    public long RangeCount => (itemCount + _rangeSize - 1) / _rangeSize;

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
            for (long first = Take(); first < itemCount; first = Take())
            {
                body((int)first, (int)Math.Min(_rangeSize, itemCount - first));
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

    private long Take() => Interlocked.Add(ref _next, _rangeSize) - _rangeSize;

    private static long RangeSize(int itemCount, int granularity, int desiredRanges)
    {
        long even = Math.Max(1, ((long)itemCount + desiredRanges - 1) / desiredRanges);
        return (even + granularity - 1) / granularity * granularity;
    }
}
