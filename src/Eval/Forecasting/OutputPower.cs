using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>Forecasts the power of a linear's output, and of the error that a rounded input makes in it, from the moments of the input's channels.</summary>
/// <remarks>
/// <para>With channels that vary independently around means μ with variances v, <c>E‖Wx‖² = Σ_r ((Σ_c w_rc μ_c)² + Σ_c w_rc² v_c)</c>: what the channels have in common adds up before it is
/// squared. A rounding error of mean square n is independent in each channel, <c>Σ_r Σ_c w_rc² n</c>; but a channel with <c>μ² + v ≤ n</c> is rounded to 0, and its error is the channel itself.</para>
/// <para>Rows are independent and added up in order, so the result has the same bits at any thread count.</para>
/// </remarks>
internal static class OutputPower
{
    /// <summary>Computes the powers per token.</summary>
    /// <param name="linear">The linear; its weights are read row by row.</param>
    /// <param name="moments">Moments of the input.</param>
    /// <param name="inputNoise">Mean square errors of an input entry. Shape <c>[schemes]</c>.</param>
    /// <param name="context">Threads.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <returns>Power of the output, and of the error under each scheme. Shape <c>[schemes]</c>.</returns>
    public static (double Signal, double[] Errors) Of(FloatLinear linear, InputMoments moments, double[] inputNoise, ComputeContext context, CancellationToken cancellation)
    {
        var powers = new double[linear.OutFeatures][];
        context.Team.Run(linear.OutFeatures, 1, (firstRow, rowCount) =>
        {
            var row = new float[linear.InFeatures];
            for (var index = firstRow; index < firstRow + rowCount; index++)
            {
                cancellation.ThrowIfCancellationRequested();
                linear.ReadRow(index, row);
                powers[index] = [OfRow(row, moments, 0).Signal, .. inputNoise.Select(noise => OfRow(row, moments, noise).Error)];
            }
        });
        return (powers.Sum(row => row[0]), [.. inputNoise.Select((_, scheme) => powers.Sum(row => row[scheme + 1]))]);
    }

    private static (double Signal, double Error) OfRow(float[] row, InputMoments moments, double noise)
    {
        double mean = 0, variance = 0, lostMean = 0, error = 0;
        for (var channel = 0; channel < row.Length; channel++)
        {
            double weight = row[channel];
            var (channelMean, channelVariance) = (moments.Mean[channel], moments.Variance[channel]);
            mean += weight * channelMean;
            variance += weight * weight * channelVariance;
            if ((channelMean * channelMean) + channelVariance <= noise)
            {
                lostMean += weight * channelMean;
                error += weight * weight * channelVariance;
            }
            else
            {
                error += weight * weight * noise;
            }
        }

        return ((mean * mean) + variance, (lostMean * lostMean) + error);
    }
}
