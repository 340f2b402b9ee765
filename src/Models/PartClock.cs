using System.Diagnostics;

namespace OutlierQuant.Models;

/// <summary>The time from its creation to its disposal counts for one part; nothing is measured without a <see cref="ForwardTiming"/>.</summary>
public readonly ref struct PartClock
{
    private readonly ForwardTiming? _timing;
    private readonly ForwardPart _part;
    private readonly long _start;

    /// <summary>Starts the clock.</summary>
    internal PartClock(ForwardTiming? timing, ForwardPart part)
    {
        _timing = timing;
        _part = part;
        _start = timing is null ? 0 : Stopwatch.GetTimestamp();
    }

    /// <summary>Stops the clock.</summary>
    public void Dispose() => _timing?.Add(_part, _start);
}
