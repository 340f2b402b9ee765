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
}
