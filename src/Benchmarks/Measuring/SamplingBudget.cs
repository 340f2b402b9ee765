namespace OutlierQuant.Benchmarks.Measuring;

/// <summary>How many samples a median needs, and how long to take them.</summary>
/// <param name="MinimumRounds">Calm samples that every arm needs.</param>
/// <param name="MaximumRounds">Samples after which more add nothing.</param>
/// <param name="Time">Time after which no more are taken, once there are enough.</param>
internal sealed record SamplingBudget(int MinimumRounds, int MaximumRounds, TimeSpan Time)
{
    /// <summary>Gets the time after which a disturbed machine is taken as it is.</summary>
    public TimeSpan Patience => 3 * Time;
}
