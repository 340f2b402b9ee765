using System.Runtime.Intrinsics;
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
    private readonly Lock _growing = new();
    private volatile Table _table = new([], []);

    /// <summary>Makes the table reach a number of positions. Passes that run at the same time may share it: a table that is in use never changes.</summary>
    public void Prepare(int positions)
    {
        int half = headSize / 2;
        lock (_growing)
        {
            int known = _table.Cosines.Length / half;
            if (positions <= known)
            {
                return;
            }

            // Decoding asks for one more position at a time: growing by half keeps the total work linear.
            int target = Math.Max(positions, known + (known / 2));
            float[] cosines = new float[checked(target * half)];
            float[] sines = new float[cosines.Length];
            for (int i = 0; i < cosines.Length; i++)
            {
                (double sine, double cosine) = Math.SinCos(i / half * _frequencies[i % half]);
                cosines[i] = (float)cosine;
                sines[i] = (float)sine;
            }

            _table = new(cosines, sines);
        }
    }

    /// <summary>Rotates one head of one token in place, at a position that <see cref="Prepare"/> has reached. Shape [headSize].</summary>
    public void Rotate(Span<float> head, int position)
    {
        int half = headSize / 2;
        Table table = _table;
        ReadOnlySpan<float> cosines = table.Cosines.AsSpan(position * half, half);
        ReadOnlySpan<float> sines = table.Sines.AsSpan(position * half, half);
        Span<float> lower = head[..half];
        Span<float> upper = head.Slice(half, half);
        int rotated = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; rotated + Vector256<float>.Count <= half; rotated += Vector256<float>.Count)
            {
                Vector256<float> x = Vector256.Create<float>(lower[rotated..]), y = Vector256.Create<float>(upper[rotated..]);
                Vector256<float> cosine = Vector256.Create(cosines[rotated..]), sine = Vector256.Create(sines[rotated..]);
                ((x * cosine) - (y * sine)).CopyTo(lower[rotated..]);
                ((y * cosine) + (x * sine)).CopyTo(upper[rotated..]);
            }
        }

        for (int i = rotated; i < half; i++)
        {
            float x = lower[i];
            float y = upper[i];
            lower[i] = (x * cosines[i]) - (y * sines[i]);
            upper[i] = (y * cosines[i]) + (x * sines[i]);
        }
    }

    /// <summary>Reads the cosines, then the sines, of consecutive positions. Shape [positions, headSize].</summary>
    public void Read(int firstPosition, Span<float> rotations)
    {
        int half = headSize / 2, positions = rotations.Length / headSize;
        Prepare(firstPosition + positions);
        Table table = _table;
        for (int i = 0; i < positions; i++)
        {
            table.Cosines.AsSpan((firstPosition + i) * half, half).CopyTo(rotations[(i * headSize)..]);
            table.Sines.AsSpan((firstPosition + i) * half, half).CopyTo(rotations[((i * headSize) + half)..]);
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

    /// <summary>Cosine and sine of every position and pair. Shapes [positions, headSize / 2].</summary>
    private sealed record Table(float[] Cosines, float[] Sines);
}
