using System.Runtime;

namespace OutlierQuant.Benchmarks.Measuring;

/// <summary>Runs work until the runtime has compiled it for good.</summary>
internal static class WarmUp
{
    // The runtime counts calls once no new methods have turned up for 100 ms, compiles a method again after 30 calls, in the background, to count what it
    // does, and after 30 more for good. Each of these steps takes a batch at least; the steps of large methods take longer.
    private const int CallsPerBatch = 40;
    private const int LeastBatches = 4;
    private const int IdleBatches = 2;
    private const int MostBatches = 30;
    private static readonly TimeSpan LongestBatch = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Compiling = TimeSpan.FromMilliseconds(120);

    /// <summary>Repeats batches of calls, with pauses, until the runtime compiles nothing any more.</summary>
    /// <param name="work">The work; some milliseconds at most. Slow work is repeated less often: it is slow because it loops, and loops are compiled again while they run.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    public static void Run(Action work, CancellationToken cancellation)
    {
        TimeProvider clock = TimeProvider.System;
        long compiled = JitInfo.GetCompiledMethodCount();
        int idle = 0;
        for (int batch = 0; batch < MostBatches && (batch < LeastBatches || idle < IdleBatches); batch++)
        {
            long start = clock.GetTimestamp();
            int calls = 0;
            do
            {
                work();
                calls++;
            }
            while (calls < CallsPerBatch && clock.GetElapsedTime(start) < LongestBatch);

            cancellation.WaitHandle.WaitOne(Compiling);
            cancellation.ThrowIfCancellationRequested();
            long now = JitInfo.GetCompiledMethodCount();
            idle = now == compiled ? idle + 1 : 0;
            compiled = now;
        }
    }
}
