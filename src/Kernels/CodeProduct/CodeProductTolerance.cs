namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>How far the float sums of an <see cref="ICodeProductKernel"/> may be from <see cref="CodeProductReference"/>.</summary>
/// <remarks>
/// <para>The integer sums are exact, so what differs is rounding. A binary32 sum of n products, in any order, fused or not, errs by at most
/// about n · 2⁻²⁴ times the sum of their magnitudes (Higham, "Accuracy and Stability of Numerical Algorithms", second edition, section 3.1).
/// Eight more roundings cover the scales, the preserved channels and the result of the reference.</para>
/// </remarks>
public static class CodeProductTolerance
{
    /// <summary>Half the distance from 1 to the next binary32 number: the relative error of one rounding.</summary>
    public const double Rounding = 1.0 / (1 << 24);

    /// <summary>Computes the largest allowed difference of one product.</summary>
    /// <param name="columns">Input features.</param>
    /// <param name="magnitude"><c>Σ |w_c · x_c|</c> of the product, in real (dequantized) values.</param>
    public static double Bound(int columns, double magnitude) => (columns + 8) * Rounding * magnitude;

    /// <summary>Computes the largest allowed difference of one product of float activations that may have gone through fixed point.</summary>
    /// <param name="columns">Input features.</param>
    /// <param name="magnitude"><c>Σ |w_c · x_c|</c> of the product, in real values.</param>
    /// <param name="weightMagnitude"><c>Σ |w_c|</c> of the row, without the preserved channels.</param>
    /// <param name="meanActivation">Mean of <c>|x_c|</c> of the token, the preserved channels counted as 0.</param>
    public static double Bound(int columns, double magnitude, double weightMagnitude, double meanActivation) =>
        Bound(columns, magnitude) + (FixedPoint(columns) * weightMagnitude * meanActivation);

    /// <summary>Computes the largest error of one activation as fixed point, over the mean magnitude of its token.</summary>
    /// <remarks>A token of floats may be multiplied as 23-bit fixed point if it has 512 entries or more, and the largest magnitude is at most 1/16 of their number times the mean. A step is at most
    /// 1.01 · 2⁻²¹ of the largest, and rounding errs by half a step. Devices may split floats into two binary16 numbers, whatever the columns, and err less.</remarks>
    /// <param name="columns">Input features.</param>
    public static double FixedPoint(int columns) => Math.Max(columns, 512) / (double)(1 << 26);
}
