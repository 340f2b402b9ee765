namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>How far the float sums of an <see cref="ICodeProductKernel"/> may be from <see cref="CodeProductReference"/>.</summary>
/// <remarks>
/// <para>The integer sums are exact, so what differs is rounding: every product and every addition in binary32 errs by at most 2⁻²⁴ of its
/// result, and no partial result exceeds <c>magnitude = Σ |w_c · x_c|</c> over all columns, preserved ones included. An element passes
/// through at most <c>columns / 32 + 64</c> roundings: one for each group in its lane, then blocks, lanes, scales and the preserved channels.</para>
/// </remarks>
public static class CodeProductTolerance
{
    /// <summary>Half the distance from 1 to the next binary32 number: the relative error of one rounding.</summary>
    public const double Rounding = 1.0 / (1 << 24);

    /// <summary>Computes the largest allowed difference of one product.</summary>
    /// <param name="columns">Input features.</param>
    /// <param name="magnitude"><c>Σ |w_c · x_c|</c> of the product, in real (dequantized) values.</param>
    public static double Bound(int columns, double magnitude) => ((columns / 32.0) + 64) * Rounding * magnitude;
}
