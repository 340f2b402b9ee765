using OutlierQuant.Kernels.MachineCode;

namespace OutlierQuant.Kernels.Threading;

/// <summary>A fixed number of threads that share out the items of one loop at a time: the caller's thread and <c>threads − 1</c> of the team's own,
/// or <c>threads</c> of its own.</summary>
/// <remarks>
/// <para>Ranges are handed out as threads become free, so a thread that is held up delays only its own range. Which thread computes a range is
/// not determined; results are, as long as the body computes an item the same way in any range.</para>
/// <para>Loops of several callers run one after another. A loop inside a body of the same team is refused, because it would wait for itself.</para>
/// <para>Tile registers (AMX) may be used on the team's own threads alone, because only these have a signal stack that is large enough. A loop that
/// needs them asks for it; the thread that then stands in for the caller's starts with the first such loop.</para>
/// <para>Waiting threads spin for some microseconds, which is the time between two kernels of a forward pass, and then sleep.</para>
/// </remarks>
public sealed class WorkerTeam : IDisposable
{
    // About 10 microseconds of pauses: waking a sleeping thread takes several times as long.
    private const int SpinRounds = 200;
    private const int PausesPerRound = 4;

    [ThreadStatic]
    private static WorkerTeam? _runningHere;

    private readonly Lock _turn = new();
    private readonly object _wake = new();
    private readonly object _wakeSubstitute = new();
    private readonly Thread[] _threads;
    private Thread? _substitute;
    private volatile TeamLoop? _loop;
    private volatile bool _disposed;

    /// <summary>Starts the team.</summary>
    /// <param name="threads">Number of threads that work on a loop, the caller's included.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is not positive.</exception>
    public WorkerTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        ThreadCount = threads;
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = Start($"OutlierQuant worker {i + 1}", _wake, ownLoopsOnly: false);
        }
    }

    /// <summary>Gets the number of threads that work on a loop, the caller's included.</summary>
    public int ThreadCount { get; }

    /// <summary>Calls a body for ranges that together cover every item once, and returns when all calls have returned.</summary>
    /// <param name="itemCount">Number of items, zero or more.</param>
    /// <param name="granularity">Every range but the last is a multiple of this, positive.</param>
    /// <param name="body">Receives the first item and the number of items of a range.</param>
    /// <param name="ownThreadsOnly">Whether the caller's thread takes no ranges and one more of the team's own does so instead.</param>
    /// <exception cref="InvalidOperationException">Called from a body of the same team.</exception>
    /// <exception cref="ObjectDisposedException">The team has been disposed.</exception>
    /// <remarks>When a body throws, no new ranges start, and the first exception is rethrown once all running bodies have stopped.</remarks>
    public void Run(int itemCount, int granularity, Action<int, int> body, bool ownThreadsOnly = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(itemCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(granularity);
        ArgumentNullException.ThrowIfNull(body);
        if (_runningHere == this)
        {
            throw new InvalidOperationException("A body of this team cannot start another loop on it: the loop would wait for itself.");
        }

        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            TeamLoop loop = new(itemCount, granularity, ThreadCount, body, ownThreadsOnly);
            if (_threads.Length > 0 && (loop.HasSeveralRanges || ownThreadsOnly))
            {
                Wake(loop, _wake);
            }

            if (ownThreadsOnly)
            {
                _substitute ??= Start("OutlierQuant worker 0", _wakeSubstitute, ownLoopsOnly: true);
                Wake(loop, _wakeSubstitute);
                loop.WaitUntilTaken();
            }
            else
            {
                TakeRanges(loop);
            }

            loop.CloseAndWait();
            _loop = null;
            loop.ThrowIfFailed();
        }
    }

    /// <summary>Ends the team's threads. Waits for a loop that is running.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            _disposed = true;
            Wake(null, _wake);
            Wake(null, _wakeSubstitute);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _substitute?.Join();
    }

    private Thread Start(string name, object wake, bool ownLoopsOnly)
    {
        Thread thread = new(() => Work(wake, ownLoopsOnly)) { IsBackground = true, Name = name };
        thread.Start();
        return thread;
    }

    private void Wake(TeamLoop? loop, object wake)
    {
        lock (wake)
        {
            _loop = loop;
            Monitor.PulseAll(wake);
        }
    }

    private void TakeRanges(TeamLoop loop)
    {
        WorkerTeam? outer = _runningHere;
        _runningHere = this;
        loop.TakeRanges();
        _runningHere = outer;
    }

    private void Work(object wake, bool ownLoopsOnly)
    {
        using AlternateSignalStack? signalStack = AmxPermission.RefusedBecause is null ? new() : null;
        TeamLoop? done = null;
        while (AwaitLoop(done, wake, ownLoopsOnly) is TeamLoop loop)
        {
            if (loop.TryEnter())
            {
                TakeRanges(loop);
                loop.Leave();
            }

            done = loop;
        }
    }

    /// <summary>Returns the next loop, or null when the team has been disposed.</summary>
    private TeamLoop? AwaitLoop(TeamLoop? done, object wake, bool ownLoopsOnly)
    {
        for (int round = 0; round < SpinRounds && !_disposed; round++)
        {
            TeamLoop? loop = _loop;
            if (IsNext(loop))
            {
                return loop;
            }

            Thread.SpinWait(PausesPerRound);
        }

        lock (wake)
        {
            while (!_disposed)
            {
                TeamLoop? loop = _loop;
                if (IsNext(loop))
                {
                    return loop;
                }

                Monitor.Wait(wake);
            }
        }

        return null;

        bool IsNext(TeamLoop? loop) => loop is not null && loop != done && (loop.OwnThreadsOnly || !ownLoopsOnly);
    }
}
