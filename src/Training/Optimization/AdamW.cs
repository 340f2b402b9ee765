using System.Runtime.Intrinsics;
using OutlierQuant.Models;
using OutlierQuant.Training.Numerics;
using OutlierQuant.Training.Parameters;

namespace OutlierQuant.Training.Optimization;

/// <summary>Adam with decoupled weight decay.</summary>
/// <remarks>
/// Step t with gradient g, learning rate r and decay λ: <c>m ← β₁m + (1 − β₁)g</c>, <c>v ← β₂v + (1 − β₂)g²</c>,
/// <c>p ← p − r·λ·p − r · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)</c> with β₁ = 0.9, β₂ = 0.95, ε = 1e-8. Loshchilov and Hutter, arXiv:1711.05101, algorithm 2.
/// </remarks>
/// <param name="set">What is trained.</param>
/// <param name="compute">Threads.</param>
internal sealed class AdamW(ParameterSet set, ComputeContext compute)
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.95;
    private const float Epsilon = 1e-8f;

    private readonly IReadOnlyList<ParameterChunks.Chunk> _chunks = ParameterChunks.Of(set);

    /// <summary>Gets m. Shape [count].</summary>
    public float[] FirstMoments { get; } = new float[set.Count];

    /// <summary>Gets v. Shape [count].</summary>
    public float[] SecondMoments { get; } = new float[set.Count];

    /// <summary>Computes the norm of the gradients of all parameters together.</summary>
    public double GradientNorm() => ParameterChunks.Norm(_chunks, set.Gradients, compute);

    /// <summary>Changes every parameter.</summary>
    /// <param name="step">The step, counted from 1.</param>
    /// <param name="learningRate">Its learning rate.</param>
    /// <param name="weightDecay">λ.</param>
    /// <param name="gradientFactor">What gradients are multiplied by, to clip them.</param>
    public void Step(int step, double learningRate, double weightDecay, double gradientFactor)
    {
        Factors factors = new(
            (float)gradientFactor, (float)(learningRate / (1 - Math.Pow(Beta1, step))), (float)(1 / Math.Sqrt(1 - Math.Pow(Beta2, step))), (float)(1 - (learningRate * weightDecay)));
        compute.Team.Run(_chunks.Count, 1, (first, count) =>
        {
            for (int i = first; i < first + count; i++)
            {
                Update(_chunks[i], factors);
            }
        });
    }

    /// <summary>What is the same for all parameters of a step.</summary>
    private readonly record struct Factors(float Gradient, float Rate, float Root, float Kept);

    private void Update(ParameterChunks.Chunk chunk, Factors factors)
    {
        Span<float> values = set.Values.AsSpan(chunk.Start, chunk.Length), gradients = set.Gradients.AsSpan(chunk.Start, chunk.Length);
        Span<float> first = FirstMoments.AsSpan(chunk.Start, chunk.Length), second = SecondMoments.AsSpan(chunk.Start, chunk.Length);
        float kept = chunk.Decays ? factors.Kept : 1;
        int i = 0;
        for (; i + Lanes.Count <= values.Length; i += Lanes.Count)
        {
            Vector256<float> g = Lanes.Load(gradients, i) * factors.Gradient;
            Vector256<float> m = (Lanes.Load(first, i) * (float)Beta1) + (g * (float)(1 - Beta1));
            Vector256<float> v = (Lanes.Load(second, i) * (float)Beta2) + (g * g * (float)(1 - Beta2));
            Vector256<float> step = m * factors.Rate / ((Vector256.Sqrt(v) * factors.Root) + Vector256.Create(Epsilon));
            m.CopyTo(first[i..]);
            v.CopyTo(second[i..]);
            ((Lanes.Load(values, i) * kept) - step).CopyTo(values[i..]);
        }

        for (; i < values.Length; i++)
        {
            float g = gradients[i] * factors.Gradient;
            first[i] = (first[i] * (float)Beta1) + (g * (float)(1 - Beta1));
            second[i] = (second[i] * (float)Beta2) + (g * g * (float)(1 - Beta2));
            values[i] = (values[i] * kept) - (first[i] * factors.Rate / ((MathF.Sqrt(second[i]) * factors.Root) + Epsilon));
        }
    }
}
