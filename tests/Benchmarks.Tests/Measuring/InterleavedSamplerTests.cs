using OutlierQuant.Benchmarks.Measuring;
using Xunit;

namespace OutlierQuant.Benchmarks.Tests.Measuring;

public sealed class InterleavedSamplerTests
{
    private static readonly SamplingBudget FiveRounds = new(3, 5, TimeSpan.FromHours(1));

    private readonly ScriptedClock _clock = new();
    private readonly List<string> _order = [];

    [Fact]
    public void Measure_Arms_TakeTurnsThereAndBack()
    {
        Measure(new(2, 3, TimeSpan.FromHours(1)), [], Arm("a", 1), Arm("b", 1), Arm("c", 1));

        Assert.Equal(["a", "b", "c", "c", "b", "a", "a", "b", "c"], _order);
    }

    [Fact]
    public void Measure_CalmMachine_KeepsAllAndTakesTheMedian()
    {
        ArmSamples samples = Measure(FiveRounds, [], Arm("a", 5, 1, 4, 2, 3))[0];

        Assert.Equal((3.0, 5, 0, false), (samples.RunSeconds, samples.Kept.Count, samples.Discarded, samples.IsDisturbed));
    }

    [Fact]
    public void Measure_SlowGuardBeforeOrAfter_DiscardsTheSamplesOnBothSides()
    {
        // The guard runs before the first sample and after each: here it is slow between the second and the third.
        ArmSamples samples = Measure(FiveRounds, [0.01, 0.01, 0.02, 0.01], Arm("a", 1, 100, 200, 3, 2))[0];

        Assert.Equal([1.0, 3.0, 2.0], samples.Kept.Select(sample => sample.RunSeconds));
        Assert.Equal((2, false), (samples.Discarded, samples.IsDisturbed));
    }

    [Fact]
    public void Measure_GuardWithinItsTolerance_DiscardsNothing()
    {
        ArmSamples samples = Measure(FiveRounds, [0.01, 0.0114, 0.01, 0.0114], Arm("a", 1))[0];

        Assert.Equal((5, 0), (samples.Kept.Count, samples.Discarded));
    }

    [Fact]
    public void Measure_TooFewCalmSamples_KeepsAllAndSaysSo()
    {
        ArmSamples samples = Measure(FiveRounds, [0.01, 0.01, 0.02, 0.02, 0.02, 0.02], Arm("a", 1))[0];

        Assert.Equal((5, 0, true), (samples.Kept.Count, samples.Discarded, samples.IsDisturbed));
    }

    [Fact]
    public void Measure_CaseNeverAsCalmAsTheRun_IsDisturbed()
    {
        // A neighbour that stays from the second case on: every guard of that case is slow, none slower than the others.
        int runs = 0;
        InterleavedSampler sampler = new(_clock, () => _clock.Pass(runs++ < 6 ? 0.01 : 0.02));

        ArmSamples first = sampler.Measure([Arm("a", 1)], FiveRounds, CancellationToken.None)[0];
        ArmSamples second = sampler.Measure([Arm("a", 1)], FiveRounds, CancellationToken.None)[0];

        Assert.False(first.IsDisturbed);
        Assert.True(second.IsDisturbed);
        Assert.Equal(0.01, sampler.CalmSeconds, 9);
    }

    [Fact]
    public void Measure_ArmThatSlowsTheProcessorItself_IsComparedWithItself()
    {
        // Beside arm b, whose instructions lower the processor's speed, the guard takes a third longer each time.
        bool afterB = false;
        InterleavedSampler sampler = new(_clock, () => _clock.Pass(afterB ? 0.0133 : 0.01));
        SpeedArm a = new(_clock, () => afterB = false), b = new(_clock, () => afterB = true);

        IReadOnlyList<ArmSamples> samples = sampler.Measure([a, b], FiveRounds, CancellationToken.None);

        Assert.Equal((5, 0, false), (samples[1].Kept.Count, samples[1].Discarded, samples[1].IsDisturbed));
        Assert.False(samples[0].IsDisturbed);
    }

    [Fact]
    public void Measure_BudgetSpent_StopsOnceThereAreEnough()
    {
        Measure(new(3, 100, TimeSpan.FromSeconds(7)), [], Arm("a", 2));

        Assert.Equal(4, _order.Count);
    }

    [Fact]
    public void Measure_DisturbedForLong_StopsWhenPatienceEnds()
    {
        // Three times the budget of 10 seconds, at 2 seconds a round and too few calm ones.
        Measure(new(3, 100, TimeSpan.FromSeconds(10)), [0.01, 0.01, 0.5], Arm("a", 1.5));

        Assert.InRange(_order.Count, 14, 16);
    }

    [Fact]
    public void Measure_Repeats_AreAveraged()
    {
        ArmSamples samples = Measure(FiveRounds, [], new ScriptedArm(_clock, "a", _order, 1, 2, 3) { Repeats = 3, PrepareSeconds = 0.25 })[0];

        Assert.Equal([2.0, 3.0], samples.Kept.Take(2).Select(sample => sample.RunSeconds));
        Assert.All(samples.Kept, sample => Assert.Equal(0.25, sample.PrepareSeconds, 9));
    }

    [Fact]
    public void Measure_Cancelled_StopsBetweenSamples()
    {
        using CancellationTokenSource cancellation = new();
        InterleavedSampler sampler = new(_clock, () => { });
        SpeedArm first = new(_clock, cancellation.Cancel);

        Assert.Throws<OperationCanceledException>(() => sampler.Measure([first, Arm("never", 1)], FiveRounds, cancellation.Token));
        Assert.Empty(_order);
    }

    private ScriptedArm Arm(string name, params double[] seconds) => new(_clock, name, _order, seconds);

    // The guard's times, run by run; after the last, 0.01 if there were none or the last.
    private IReadOnlyList<ArmSamples> Measure(SamplingBudget budget, double[] guard, params IArm[] arms)
    {
        int runs = 0;
        InterleavedSampler sampler = new(_clock, () => _clock.Pass(guard.Length == 0 ? 0.01 : guard[Math.Min(runs++, guard.Length - 1)]));
        return sampler.Measure(arms, budget, CancellationToken.None);
    }

    private sealed class SpeedArm(ScriptedClock clock, Action action) : IArm
    {
        public int Repeats => 1;

        public void Prepare()
        {
        }

        public void Run()
        {
            clock.Pass(1);
            action();
        }
    }
}
