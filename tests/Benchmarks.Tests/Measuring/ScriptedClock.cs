namespace OutlierQuant.Benchmarks.Tests.Measuring;

/// <summary>A clock that moves only when work says that it took time.</summary>
internal sealed class ScriptedClock : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => _ticks;

    public void Pass(double seconds) => _ticks += (long)Math.Round(seconds * TimestampFrequency);
}
