using System.Diagnostics;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models;

/// <summary>Adds up where the time of forward passes goes, part by part, as the thread that calls them sees it.</summary>
/// <remarks>Measuring costs two readings of the clock for each part of each block. One instance belongs to one <see cref="ComputeContext"/>;
/// passes that run at the same time add to the same sums.</remarks>
public sealed class ForwardTiming
{
    private readonly long[] _ticks = new long[Enum.GetValues<ForwardPart>().Length];

    /// <summary>Gives the times since the last call, or since the start, and begins anew.</summary>
    /// <param name="elapsed">The time that all of it took; what no part accounts for is called <c>other</c>.</param>
    /// <param name="tokens">Number of tokens computed in this time.</param>
    public TimingReport Take(TimeSpan elapsed, long tokens)
    {
        double[] seconds = new double[_ticks.Length];
        for (int part = 0; part < seconds.Length; part++)
        {
            seconds[part] = Stopwatch.GetElapsedTime(0, Interlocked.Exchange(ref _ticks[part], 0)).TotalSeconds;
        }

        return TimingReport.Of(elapsed.TotalSeconds, tokens, seconds);
    }

    /// <summary>The part that a linear's product belongs to.</summary>
    internal static ForwardPart PartOf(Linear linear) => linear.Role switch
    {
        LinearRole.Query or LinearRole.Key or LinearRole.Value or LinearRole.QueryKeyValue or LinearRole.AttentionGate => ForwardPart.QueryKeyValue,
        LinearRole.AttentionOutput => ForwardPart.AttentionOutput,
        LinearRole.Gate or LinearRole.Up => ForwardPart.GateUp,
        LinearRole.Down => ForwardPart.Down,
        LinearRole.Head => ForwardPart.Head,
        _ => throw new UnreachableException(),
    };

    /// <summary>Adds the time since a reading of the clock to a part.</summary>
    internal void Add(ForwardPart part, long since) => Interlocked.Add(ref _ticks[(int)part], Stopwatch.GetTimestamp() - since);
}
