using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Quantizers.Rounding;

/// <summary>The step between neighbouring codes of a group of weights.</summary>
/// <remarks>
/// <para><c>int8</c>, <c>int4</c>: <c>absmax / qMax</c> with qMax 127 or 7. <c>ternary</c>: the mean of |w|, summed in binary64 from left to right (BitNet
/// b1.58, arXiv:2402.17764, equation 3, without its ε). Channels that are left out count neither in the maximum nor in the mean.</para>
/// <para>A group that is all zero, or all left out, has scale 1 (<see cref="ScaleRule"/>).</para>
/// </remarks>
internal static class WeightScale
{
    /// <summary>Computes the scale of each group of a row.</summary>
    /// <param name="row">Finite weights, 0 at the channels that are left out. Shape <c>[columns]</c>.</param>
    /// <param name="leftOut">Sorted, distinct channels that no scale counts. Shape <c>[any]</c>.</param>
    /// <param name="groupSize">Columns that share a scale; the last group is shorter where it does not divide the row.</param>
    /// <param name="format">What the codes are.</param>
    /// <param name="scales">Receives the steps. Shape <c>[ceil(columns / groupSize)]</c>.</param>
    public static void Compute(ReadOnlySpan<float> row, ReadOnlySpan<int> leftOut, int groupSize, WeightFormat format, Span<float> scales)
    {
        int nextLeftOut = 0;
        for (int group = 0; group < scales.Length; group++)
        {
            int first = group * groupSize;
            ReadOnlySpan<float> weights = row.Slice(first, Math.Min(groupSize, row.Length - first));
            int counted = weights.Length;
            for (; nextLeftOut < leftOut.Length && leftOut[nextLeftOut] < first + weights.Length; nextLeftOut++)
            {
                counted--;
            }

            float scale = format == WeightFormat.Ternary ? AbsMean(weights, counted) : AbsMax(weights) / WeightPacking.QMax(format);
            scales[group] = ScaleRule.OneIfSubnormal(scale);
        }
    }

    private static float AbsMax(ReadOnlySpan<float> weights)
    {
        float absMax = 0;
        foreach (float weight in weights)
        {
            absMax = MathF.Max(absMax, MathF.Abs(weight));
        }

        return absMax;
    }

    private static float AbsMean(ReadOnlySpan<float> weights, int counted)
    {
        double sum = 0;
        foreach (float weight in weights)
        {
            sum += Math.Abs((double)weight);
        }

        return counted == 0 ? 0 : (float)(sum / counted);
    }
}
