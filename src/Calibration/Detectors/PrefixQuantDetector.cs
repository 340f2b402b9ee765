namespace OutlierQuant.Calibration.Detectors;

/// <summary><c>prefixquant</c>: outlier tokens at the input of a down projection.</summary>
/// <remarks>
/// A token is an outlier when <c>absMax[t] &gt; ratio · median(absMax)</c>, the absmax over the token's channels and the median over the
/// tokens of its sequence. Chen et al., "PrefixQuant", arXiv:2410.05265: ratio 64.
/// </remarks>
public static class PrefixQuantDetector
{
    /// <summary>Finds the outlier tokens of one sequence.</summary>
    /// <param name="tokenAbsMax">Largest magnitude of every token. Shape <c>[tokens]</c>.</param>
    /// <param name="median">Median of <paramref name="tokenAbsMax"/>.</param>
    /// <param name="ratio">Threshold, a multiple of the median.</param>
    /// <returns>Positions of the outlier tokens, rising.</returns>
    public static IReadOnlyList<int> OutlierTokens(ReadOnlySpan<float> tokenAbsMax, double median, double ratio)
    {
        List<int> positions = [];
        for (int position = 0; position < tokenAbsMax.Length; position++)
        {
            if (tokenAbsMax[position] > ratio * median)
            {
                positions.Add(position);
            }
        }

        return positions;
    }
}
