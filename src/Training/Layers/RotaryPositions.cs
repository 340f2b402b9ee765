using System.Runtime.Intrinsics;
using OutlierQuant.Models.Blocks;
using OutlierQuant.Training.Numerics;

namespace OutlierQuant.Training.Layers;

/// <summary>Rotates the halves of heads by angles that grow with the position, and back; <see cref="RotaryEmbedding"/> has the formula.</summary>
internal sealed class RotaryPositions
{
    private readonly float[] _rotations;
    private readonly int _headSize;

    /// <summary>Prepares the angles of a number of positions.</summary>
    public RotaryPositions(int headSize, int positions)
    {
        _headSize = headSize;
        _rotations = new float[positions * headSize];
        new RotaryEmbedding(headSize, ModelShape.RopeTheta, null).Read(0, _rotations);
    }

    /// <summary>Rotates one head in place, forwards, or back as the derivative needs. Shape [headSize].</summary>
    public void Rotate(Span<float> head, int position, bool back)
    {
        int half = _headSize / 2;
        ReadOnlySpan<float> cosines = _rotations.AsSpan(position * _headSize, half), sines = _rotations.AsSpan((position * _headSize) + half, half);
        Span<float> lower = head[..half], upper = head[half..];
        float sign = back ? -1 : 1;
        int i = 0;
        for (; i + Lanes.Count <= half; i += Lanes.Count)
        {
            Vector256<float> x = Lanes.Load(lower, i), y = Lanes.Load(upper, i), cosine = Lanes.Load(cosines, i), sine = Lanes.Load(sines, i) * sign;
            ((x * cosine) - (y * sine)).CopyTo(lower[i..]);
            ((y * cosine) + (x * sine)).CopyTo(upper[i..]);
        }

        for (; i < half; i++)
        {
            (float x, float y, float sine) = (lower[i], upper[i], sines[i] * sign);
            lower[i] = (x * cosines[i]) - (y * sine);
            upper[i] = (y * cosines[i]) + (x * sine);
        }
    }
}
