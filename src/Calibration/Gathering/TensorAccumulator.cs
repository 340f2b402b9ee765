using System.Numerics.Tensors;
using OutlierQuant.Calibration.Statistics;

namespace OutlierQuant.Calibration.Gathering;

/// <summary>Gathers the statistics that every observed tensor has: per channel, the absmax of each token, and the magnitudes of all entries.</summary>
/// <param name="place">Where the tensor is, for error messages: "output of block 3".</param>
/// <param name="channels">Its width.</param>
internal sealed class TensorAccumulator(string place, int channels)
{
    /// <summary>Per-channel statistics so far.</summary>
    public ChannelAccumulator Channels { get; } = new(channels);

    /// <summary>Every token's absmax so far.</summary>
    public TokenAbsMaxAccumulator Tokens { get; } = new();

    /// <summary>Magnitudes of all entries so far.</summary>
    public MagnitudeHistogram Magnitudes { get; } = new();

    /// <summary>Takes one window.</summary>
    /// <param name="values">The window's values. Shape <c>[tokens, channels]</c>.</param>
    /// <param name="window">Index of the window.</param>
    /// <param name="startsWithBos">Whether row 0 is a beginning-of-sequence token.</param>
    /// <param name="firstPosition">Position of row 0 in its sequence.</param>
    /// <returns>The absmax of each token. Shape <c>[tokens]</c>.</returns>
    /// <exception cref="NonFiniteActivationException">A value is NaN or infinite.</exception>
    public float[] Add(ReadOnlySpan<float> values, int window, bool startsWithBos, int firstPosition = 0)
    {
        if (!TensorPrimitives.IsFiniteAll(values))
        {
            int index = 0;
            while (float.IsFinite(values[index]))
            {
                index++;
            }

            throw new NonFiniteActivationException(place, window, firstPosition + (index / channels), index % channels, values[index]);
        }

        float[] absMax = new float[values.Length / channels];
        for (int position = 0; position < absMax.Length; position++)
        {
            absMax[position] = Channels.Add(values.Slice(position * channels, channels), startsWithBos && position == 0);
        }

        Tokens.Add(absMax);
        Magnitudes.Add(values);
        return absMax;
    }
}
