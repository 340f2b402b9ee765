namespace OutlierQuant.Calibration.Detectors;

/// <summary><c>sun2024</c>: an entry of a block's output is massive when it is large in itself and beside the rest of its sequence.</summary>
/// <remarks>
/// <para><c>|h| &gt; minMagnitude</c> and <c>|h| &gt; minRatio · median(|h_l|)</c>, the median over all entries of the output of block l
/// for that one sequence. Both comparisons are strict.</para>
/// <para>Sun, Chen, Kolter, Liu, "Massive Activations in Large Language Models", arXiv:2402.17762, section 2: above 100 and about
/// 1,000 times the median.</para>
/// </remarks>
public static class MassiveActivationDetector
{
    /// <summary>Computes the magnitude that every massive entry of a sequence exceeds: both thresholds in one number.</summary>
    /// <param name="median">Median magnitude of the block's output for this sequence, not negative.</param>
    /// <param name="minMagnitude">Smallest magnitude.</param>
    /// <param name="minRatio">Smallest multiple of the median.</param>
    public static double Threshold(double median, double minMagnitude, double minRatio) => Math.Max(minMagnitude, minRatio * median);

    /// <summary>Counts the massive entries of a span.</summary>
    /// <param name="values">Entries of a block's output. Any shape.</param>
    /// <param name="threshold">The result of <see cref="Threshold"/>.</param>
    public static int Count(ReadOnlySpan<float> values, double threshold)
    {
        int count = 0;
        foreach (float value in values)
        {
            count += Math.Abs((double)value) > threshold ? 1 : 0;
        }

        return count;
    }
}
