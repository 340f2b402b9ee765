namespace OutlierQuant.Benchmarks.Measuring;

/// <summary>Times several arms in turn, each sample between two runs of the guard loop, and leaves out the disturbed ones.</summary>
/// <remarks>
/// Taking turns makes a machine that slows down slow all arms alike. Every other round runs backwards, so that no arm always follows the same one.
/// </remarks>
/// <param name="clock">Measures time.</param>
/// <param name="guard">The guard loop.</param>
internal sealed class InterleavedSampler(TimeProvider clock, Action guard)
{
    /// <summary>Gets the fastest time of the guard loop so far, which is its time on a calm machine.</summary>
    public double CalmSeconds { get; private set; } = double.PositiveInfinity;

    /// <summary>Takes samples of all arms until each has enough calm ones or the budget is spent.</summary>
    /// <returns>The samples that count, in the order of the arms.</returns>
    /// <exception cref="OperationCanceledException">Cancelled between two samples.</exception>
    public IReadOnlyList<ArmSamples> Measure(IReadOnlyList<IArm> arms, SamplingBudget budget, CancellationToken cancellation)
    {
        List<Sample>[] samples = [.. arms.Select(_ => new List<Sample>())];
        long start = clock.GetTimestamp();
        double before = Guard();
        for (int round = 0; round < budget.MaximumRounds; round++)
        {
            for (int i = 0; i < arms.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                int arm = round % 2 == 0 ? i : arms.Count - 1 - i;
                (double prepare, double run) = Time(arms[arm]);
                double after = Guard();
                samples[arm].Add(new Sample(prepare, run, Math.Max(before, after)));
                before = after;
            }

            TimeSpan elapsed = clock.GetElapsedTime(start);
            bool enough = samples.All(taken => ArmSamples.Calm(taken, CalmSeconds).Length >= budget.MinimumRounds);
            if (enough ? elapsed >= budget.Time : round + 1 >= budget.MinimumRounds && elapsed >= budget.Patience)
            {
                break;
            }
        }

        return [.. samples.Select(taken => ArmSamples.Of(taken, CalmSeconds, budget.MinimumRounds))];
    }

    private double Guard()
    {
        double seconds = Seconds(guard);
        CalmSeconds = Math.Min(CalmSeconds, seconds);
        return seconds;
    }

    private (double Prepare, double Run) Time(IArm arm)
    {
        double prepare = Seconds(() => Repeat(arm.Prepare, arm.Repeats));
        return (prepare / arm.Repeats, Seconds(() => Repeat(arm.Run, arm.Repeats)) / arm.Repeats);
    }

    private static void Repeat(Action action, int times)
    {
        for (int i = 0; i < times; i++)
        {
            action();
        }
    }

    private double Seconds(Action action)
    {
        long start = clock.GetTimestamp();
        action();
        return clock.GetElapsedTime(start).TotalSeconds;
    }
}
