namespace OutlierQuant.Benchmarks.Measuring;

/// <summary>The samples of one arm that count.</summary>
/// <param name="Kept">Samples taken while the guard loop ran at its calm speed; all of them if those were too few.</param>
/// <param name="Discarded">Samples left out.</param>
/// <param name="IsDisturbed">Whether the machine was never calm for long enough, so that disturbed samples had to be kept.</param>
internal sealed record ArmSamples(IReadOnlyList<Sample> Kept, int Discarded, bool IsDisturbed)
{
    /// <summary>Gets the median time of the work.</summary>
    public double RunSeconds => Median(sample => sample.RunSeconds);

    /// <summary>Computes the median of some time of each sample.</summary>
    public double Median(Func<Sample, double> seconds) => Median(Kept.Select(seconds));

    /// <summary>Leaves out the samples beside which the guard loop took longer than it takes on a calm machine.</summary>
    /// <param name="samples">All samples of an arm.</param>
    /// <param name="calmSeconds">The guard loop's fastest time in the whole run.</param>
    /// <param name="minimum">Fewer calm samples than this do not make a median: then all are kept and the result says so.</param>
    public static ArmSamples Of(IReadOnlyList<Sample> samples, double calmSeconds, int minimum)
    {
        Sample[] calm = Calm(samples, calmSeconds);
        return calm.Length >= minimum ? new(calm, samples.Count - calm.Length, false) : new(samples, 0, true);
    }

    /// <summary>Selects the calm samples of an arm.</summary>
    /// <remarks>
    /// Wide instructions lower the processor's speed for a while, and with it the guard loop's after them. So a sample is compared with the calmest of
    /// its own arm, and only that one with the calmest of the whole run.
    /// </remarks>
    public static Sample[] Calm(IReadOnlyList<Sample> samples, double calmSeconds)
    {
        double calmest = samples.Min(sample => sample.GuardSeconds);
        return calmest > calmSeconds * SampleGuard.ToleranceBetweenArms ? [] : [.. samples.Where(sample => sample.GuardSeconds <= calmest * SampleGuard.Tolerance)];
    }

    /// <summary>Computes the middle value, or the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
