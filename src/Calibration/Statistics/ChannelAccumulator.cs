using System.Numerics.Tensors;
using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Calibration.Statistics;

/// <summary>Gathers <see cref="ChannelStatistics"/> token by token. Sums are double precision and in the order of the tokens.</summary>
internal sealed class ChannelAccumulator(int channels)
{
    private readonly float[] _absMax = new float[channels];
    private readonly double[] _sum = new double[channels];
    private readonly double[] _sumOfSquares = new double[channels];
    private readonly double[] _sumAtSink = new double[channels];
    private readonly float[] _magnitudes = new float[channels];
    private readonly double[] _row = new double[channels];
    private long _tokens;
    private long _sinks;

    /// <summary>Number of channels.</summary>
    public int Channels => channels;

    /// <summary>Largest absolute value of every channel so far. Shape <c>[channels]</c>.</summary>
    public ReadOnlySpan<float> AbsMax => _absMax;

    /// <summary>Takes one token.</summary>
    /// <param name="row">Finite values. Shape <c>[channels]</c>.</param>
    /// <param name="isSink">Whether the token is a beginning-of-sequence token at position 0.</param>
    /// <returns>The token's absmax.</returns>
    public float Add(ReadOnlySpan<float> row, bool isSink)
    {
        TensorPrimitives.Abs(row, _magnitudes);
        TensorPrimitives.Max(_absMax, _magnitudes, _absMax);
        TensorPrimitives.ConvertChecked(row, _row);
        TensorPrimitives.Add(_sum, _row, _sum);
        TensorPrimitives.MultiplyAdd(_row, _row, _sumOfSquares, _sumOfSquares);
        if (isSink)
        {
            TensorPrimitives.Add(_sumAtSink, _row, _sumAtSink);
            _sinks++;
        }

        _tokens++;
        return TensorPrimitives.Max<float>(_magnitudes);
    }

    /// <summary>Computes the statistics of all tokens taken.</summary>
    public ChannelStatistics ToStatistics()
    {
        double[] elsewhere = new double[channels];
        TensorPrimitives.Subtract(_sum, _sumAtSink, elsewhere);
        return new ChannelStatistics(
            [.. _absMax],
            Average(_sum, _tokens),
            Average(_sumOfSquares, _tokens),
            _sinks == 0 ? [] : Average(_sumAtSink, _sinks),
            Average(elsewhere, _tokens - _sinks));
    }

    /// <summary>Divides sums by a count and narrows them; means over no tokens are 0.</summary>
    private static float[] Average(double[] sums, long count)
    {
        float[] means = new float[sums.Length];
        for (int channel = 0; channel < sums.Length; channel++)
        {
            means[channel] = (float)(sums[channel] / Math.Max(count, 1));
        }

        return means;
    }
}
