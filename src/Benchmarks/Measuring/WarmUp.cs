namespace OutlierQuant.Benchmarks.Measuring;

/// <summary>Runs work until the runtime has compiled it for good.</summary>
internal static class WarmUp
{
    // The runtime compiles a method again after 30 calls, in the background, once no new methods have turned up for 100 ms.
    private const int CallsPerBatch = 30;
    private const int MostBatches = 8;
    private const double WorthWaitingFor = 0.9;
    private static readonly TimeSpan Compiling = TimeSpan.FromMilliseconds(120);

    /// <summary>Repeats batches of calls, with pauses, until a batch is no faster than the one before.</summary>
    /// <param name="work">The work; some milliseconds at most.</param>
    /// <param name="clock">Measures time.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    public static void Run(Action work, TimeProvider clock, CancellationToken cancellation)
    {
        double previous = double.PositiveInfinity;
        for (int batch = 0; batch < MostBatches; batch++)
        {
            long start = clock.GetTimestamp();
            for (int i = 0; i < CallsPerBatch; i++)
            {
                work();
            }

            double seconds = clock.GetElapsedTime(start).TotalSeconds;
            if (batch >= 2 && seconds > previous * WorthWaitingFor)
            {
                return;
            }

            previous = seconds;
            cancellation.WaitHandle.WaitOne(Compiling);
            cancellation.ThrowIfCancellationRequested();
        }
    }
}
