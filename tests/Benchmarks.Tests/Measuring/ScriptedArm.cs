using OutlierQuant.Benchmarks.Measuring;

namespace OutlierQuant.Benchmarks.Tests.Measuring;

/// <summary>Work that takes as long as a script says, call by call, and then as long as the last call.</summary>
internal sealed class ScriptedArm(ScriptedClock clock, string name, List<string> order, params double[] seconds) : IArm
{
    private int _calls;

    public int Repeats { get; init; } = 1;

    public double PrepareSeconds { get; init; }

    public void Prepare() => clock.Pass(PrepareSeconds);

    public void Run()
    {
        order.Add(name);
        clock.Pass(seconds[Math.Min(_calls++, seconds.Length - 1)]);
    }
}
