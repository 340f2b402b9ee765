namespace OutlierQuant.Eval.Statistics;

/// <summary>A confidence interval of a mean difference by resampling windows, for differences whose distribution nobody knows.</summary>
/// <remarks>
/// <para>With differences <c>d = second − first</c> in windows <c>w</c> of <c>n_w</c> tokens and sums <c>S_w</c>: each resample draws as many windows as there are, with
/// replacement, and its mean is <c>Σ S_w / Σ n_w</c> over those drawn. The interval goes from the mean of rank <c>⌊0.025 R⌋</c> to that of rank <c>⌈0.975 R⌉ − 1</c>, 0-based, of R
/// sorted means (percentile method: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3).</para>
/// <para>With few windows it is too narrow: 32 normal windows cover the truth about 93 times in 100.</para>
/// </remarks>
public static class PairedBootstrap
{
    /// <summary>Computes the 95 % interval of the mean difference; null with fewer than two windows.</summary>
    /// <param name="first">The numbers to subtract. One array a window, none empty.</param>
    /// <param name="second">The numbers to subtract from, in the same windows.</param>
    /// <param name="resamples">R, at least 40, so that both ends are inside.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <exception cref="ArgumentException">The windows disagree, or there are too few resamples.</exception>
    public static Interval? Interval95(IReadOnlyList<double[]> first, IReadOnlyList<double[]> second, int resamples, int seed)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (resamples < LeastResamples)
        {
            throw new ArgumentException($"The number of resamples is {resamples}; at least {LeastResamples} are needed for a 95 % interval.", nameof(resamples));
        }

        if (first.Count != second.Count || first.Zip(second).Any(pair => pair.First.Length != pair.Second.Length || pair.First.Length == 0))
        {
            throw new ArgumentException("Paired numbers need the same windows, none of them empty.", nameof(second));
        }

        if (first.Count < 2)
        {
            return null;
        }

        var sums = first.Zip(second, (before, after) => after.Zip(before, (x, y) => x - y).Sum()).ToArray();
        var random = new Random(seed);
        var means = new double[resamples];
        for (var resample = 0; resample < resamples; resample++)
        {
            var (sum, count) = (0.0, 0L);
            for (var draw = 0; draw < sums.Length; draw++)
            {
                var window = random.Next(sums.Length);
                sum += sums[window];
                count += first[window].Length;
            }

            means[resample] = sum / count;
        }

        Array.Sort(means);
        return new Interval(means[(int)Math.Floor(0.025 * resamples)], means[(int)Math.Ceiling(0.975 * resamples) - 1]);
    }

    /// <summary>The fewest resamples that leave a mean beyond each end.</summary>
    public const int LeastResamples = 40;
}
