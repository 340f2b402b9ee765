namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>How far a product of <see cref="IFloatMatmulKernel"/> may lie from the reference.</summary>
public static class FloatMatmulTolerance
{
    /// <summary>The rounding unit of binary32, 2⁻²⁴.</summary>
    private const double Unit = 1.0 / (1 << 24);

    /// <summary>What rounding both factors to bf16 (unit 2⁻⁸ each) may change of a product, relative.</summary>
    private const double RoundedFactors = (1 + (1.0 / 256)) * (1 + (1.0 / 256)) - 1;

    /// <summary>Computes the largest allowed distance for one element.</summary>
    /// <remarks>
    /// <para><c>(n + 1) u / (1 − (n + 1) u) · Σ|source · weight| + n · 2⁻¹⁴⁹</c> with <c>u = 2⁻²⁴</c> and <c>n</c> columns: the bound that holds for a binary32 sum of
    /// products in any order, with or without fused multiply-add (Higham, "Accuracy and Stability of Numerical Algorithms", second edition, section 3.1),
    /// one more rounding for the result of the reference, and the smallest subnormal for each product that underflows.</para>
    /// <para>At <see cref="FloatPrecision.BF16"/> each factor may be rounded to 8 significant bits, which adds <c>((1 + 2⁻⁸)² − 1) · Σ|source · weight|</c>.</para>
    /// </remarks>
    /// <param name="columns">Number of products in the sum.</param>
    /// <param name="absoluteSum"><c>Σ_c |source[t, c] · weights[r, c]|</c>.</param>
    /// <param name="precision">How exactly the kernel computes.</param>
    public static double Of(int columns, double absoluteSum, FloatPrecision precision = FloatPrecision.F32)
    {
        double relative = (columns + 1) * Unit;
        double rounded = precision == FloatPrecision.BF16 ? RoundedFactors * (1 + relative) : 0;
        return ((relative / (1 - relative)) + rounded) * absoluteSum + columns * (double)float.Epsilon;
    }
}
