using OutlierQuant.Models.Blocks;
using OutlierQuant.Training.Parameters;

namespace OutlierQuant.Training.Layers;

/// <summary>Normalizes each head by its root mean square, with one gain for all heads of a block; <see cref="NormLayer"/> has the formulas.</summary>
internal static class HeadNorm
{
    /// <summary>Normalizes a head in place. Shape [headSize].</summary>
    public static void Apply(Parameter gain, Span<float> head)
    {
        float factor = Factor(head);
        ReadOnlySpan<float> gains = gain.Values.Span;
        for (int i = 0; i < head.Length; i++)
        {
            head[i] *= factor * gains[i];
        }
    }

    /// <summary>Puts the derivative by what was normalized in the place of the derivative by the result, and adds to that by the gain.</summary>
    /// <param name="gain">The gain.</param>
    /// <param name="head">What was normalized. Shape [headSize].</param>
    /// <param name="derivative">The derivative. Shape [headSize].</param>
    /// <param name="gainSums">Receives the derivative by the gain. Shape [headSize].</param>
    public static void Differentiate(Parameter gain, ReadOnlySpan<float> head, Span<float> derivative, Span<float> gainSums)
    {
        float factor = Factor(head), product = 0;
        ReadOnlySpan<float> gains = gain.Values.Span;
        for (int i = 0; i < head.Length; i++)
        {
            float normalized = head[i] * factor;
            gainSums[i] += derivative[i] * normalized;
            derivative[i] *= gains[i];
            product += derivative[i] * normalized;
        }

        product /= head.Length;
        for (int i = 0; i < head.Length; i++)
        {
            derivative[i] = factor * (derivative[i] - (head[i] * factor * product));
        }
    }

    private static float Factor(ReadOnlySpan<float> head) => (float)(1 / Math.Sqrt((RowSum.OfSquares(head) / head.Length) + ModelShape.NormEpsilon));
}
