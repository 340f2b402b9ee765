using OutlierQuant.Checkpoints.Configuration;

namespace OutlierQuant.Models.Blocks;

/// <summary>Rotates the halves of a head's query or key by angles that grow with the position.</summary>
/// <remarks>
/// <para><c>(x[i], x[i + h/2]) ← (x[i]·cos(p·f_i) − x[i + h/2]·sin(p·f_i), x[i + h/2]·cos(p·f_i) + x[i]·sin(p·f_i))</c> for head size h and position p, with
/// <c>f_i = θ^(−2i/h)</c>. Su et al., arXiv:2104.09864, equation (34), in the half-split order that Hugging Face checkpoints have.</para>
/// <para>Scaling <c>linear</c> divides every frequency by the factor. Scaling <c>llama3</c> divides those whose wavelength is above
/// original / lowFrequencyFactor, keeps those below original / highFrequencyFactor, and interpolates between.
/// Angles are computed in binary64 once and kept as float cosines and sines.</para>
/// </remarks>
internal sealed class RotaryEmbedding(int headSize, double theta, RopeScaling? scaling)
{
    private readonly double[] _frequencies = Frequencies(headSize, theta, scaling);
    private float[] _cosines = [];
    private float[] _sines = [];

    /// <summary>Makes the tables reach a number of positions. Not to be called while <see cref="Rotate"/> runs.</summary>
    public void Prepare(int positions)
    {
        int half = headSize / 2;
        int known = _cosines.Length / half;
        if (positions <= known)
        {
            return;
        }

        // Decoding asks for one more position at a time: grow by half to keep the total work linear.
        int target = Math.Max(positions, known + (known / 2));
        Array.Resize(ref _cosines, target * half);
        Array.Resize(ref _sines, target * half);
        for (int position = known; position < target; position++)
        {
            for (int i = 0; i < half; i++)
            {
                (double sine, double cosine) = Math.SinCos(position * _frequencies[i]);
                _cosines[(position * half) + i] = (float)cosine;
                _sines[(position * half) + i] = (float)sine;
            }
        }
    }

    /// <summary>Rotates one head of one token in place. Shape [headSize].</summary>
    public void Rotate(Span<float> head, int position)
    {
        int half = headSize / 2;
        ReadOnlySpan<float> cosines = _cosines.AsSpan(position * half, half);
        ReadOnlySpan<float> sines = _sines.AsSpan(position * half, half);
        Span<float> lower = head[..half];
        Span<float> upper = head.Slice(half, half);
        for (int i = 0; i < half; i++)
        {
            float x = lower[i];
            float y = upper[i];
            lower[i] = (x * cosines[i]) - (y * sines[i]);
            upper[i] = (y * cosines[i]) + (x * sines[i]);
        }
    }

    private static double[] Frequencies(int headSize, double theta, RopeScaling? scaling)
    {
        double[] frequencies = new double[headSize / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = Scale(Math.Pow(theta, -2.0 * i / headSize), scaling);
        }

        return frequencies;
    }

    private static double Scale(double frequency, RopeScaling? scaling)
    {
        if (scaling is null || scaling.Type == "default")
        {
            return frequency;
        }

        if (scaling.Type == "linear")
        {
            return frequency / scaling.Factor;
        }

        // llama3: the share of the unscaled frequency rises from 0 to 1 while the number of turns over the original context rises from low to high.
        double turns = scaling.OriginalMaxPositions * frequency / (2 * Math.PI);
        double share = Math.Clamp((turns - scaling.LowFrequencyFactor) / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor), 0, 1);
        return (share * frequency) + ((1 - share) * frequency / scaling.Factor);
    }
}
