using System.Diagnostics;
using System.Globalization;

namespace OutlierQuant.Eval.Scoring;

/// <summary>Watches how much memory the process holds beyond mapped files.</summary>
/// <remarks>
/// <para>On Linux this is the resident anonymous memory, <c>RssAnon</c> of <c>/proc/self/status</c>: what the runtime and this program allocated,
/// without the pages of mapped checkpoints and libraries. The kernel keeps no high-water mark of it (<c>VmHWM</c> counts mapped pages too), so it is read while
/// work goes on, when a block's buffers are alive. Elsewhere it is the memory that the garbage collector has committed.</para>
/// <para>The .NET runtime's own tens of megabytes are part of it.</para>
/// </remarks>
public sealed class PeakMemory
{
    private const string Status = "/proc/self/status";
    private const string Key = "RssAnon:";
    private static readonly TimeSpan BetweenSamples = TimeSpan.FromMilliseconds(5);

    private long _lastSample;

    /// <summary>Gets the largest sample so far, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Takes a sample if the last one is some milliseconds old: reading the figure takes as long as computing a small block.</summary>
    public void SampleSometimes()
    {
        if (Stopwatch.GetElapsedTime(_lastSample) >= BetweenSamples)
        {
            Sample();
        }
    }

    /// <summary>Takes a sample.</summary>
    public void Sample()
    {
        Bytes = Math.Max(Bytes, Current());
        _lastSample = Stopwatch.GetTimestamp();
    }

    private static long Current()
    {
        if (File.Exists(Status))
        {
            foreach (var line in File.ReadLines(Status))
            {
                if (line.StartsWith(Key, StringComparison.Ordinal))
                {
                    var kibibytes = line.AsSpan(Key.Length, line.LastIndexOf(' ') - Key.Length);
                    return long.Parse(kibibytes, NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture) * 1024;
                }
            }
        }

        return GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes;
    }
}
