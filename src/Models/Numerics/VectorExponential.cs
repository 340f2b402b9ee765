using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Models.Numerics;

/// <summary>The exponential function of eight floats at once, to 2 units in the last place.</summary>
/// <remarks>
/// <para>TensorPrimitives has one that goes through binary64 and takes several times as long. The width is fixed, and every element is computed
/// by the same operations wherever it lies, so the bits do not depend on lengths or addresses.</para>
/// <para><c>e^x = 2^n · e^r</c> with <c>n = round(x / ln 2)</c> and <c>r = x − n · ln 2</c>, |r| at most 0.35, where ln 2 is taken off in two parts (Cody and Waite,
/// "Software Manual for the Elementary Functions", 1980, chapter 6) and e^r is its Taylor polynomial of degree 7, whose remainder is below 6e-9.</para>
/// <para>Beyond 88.7 the result is infinite; below −86.6, where results become subnormal, it is 0. NaN gives NaN.</para>
/// </remarks>
internal static class VectorExponential
{
    private const float Log2E = 1.44269504f;

    // The first part has so few digits that its product with n is exact.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    private const float Largest = 88.72283f;
    private const float Smallest = -86.6f;
    private const int ExponentShift = 23;
    private const int ExponentBias = 127;

    /// <summary>Computes e^x in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Of(Vector256<float> x)
    {
        Vector256<float> n = Vector256.Round(x * Log2E);
        Vector256<float> r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-Ln2High), x);
        r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-Ln2Low), r);
        Vector256<float> sum = Vector256.Create(1f / 5040);
        sum = Vector256.MultiplyAddEstimate(sum, r, Vector256.Create(1f / 720));
        sum = Vector256.MultiplyAddEstimate(sum, r, Vector256.Create(1f / 120));
        sum = Vector256.MultiplyAddEstimate(sum, r, Vector256.Create(1f / 24));
        sum = Vector256.MultiplyAddEstimate(sum, r, Vector256.Create(1f / 6));
        sum = Vector256.MultiplyAddEstimate(sum, r, Vector256.Create(0.5f));
        sum = Vector256.MultiplyAddEstimate(sum, r, Vector256.Create(1f));
        sum = Vector256.MultiplyAddEstimate(sum, r, Vector256.Create(1f));

        // 2^(n − 1) as the bits of a float, because 2^128 is none; the sum is doubled instead. Lanes out of range are replaced below.
        Vector256<int> power = Vector256.ConvertToInt32Native(n) - Vector256<int>.One;
        Vector256<float> factor = ((power + Vector256.Create(ExponentBias)) << ExponentShift).AsSingle();
        Vector256<float> result = (sum + sum) * factor;
        result = Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256.Create(Largest)), Vector256.Create(float.PositiveInfinity), result);
        result = Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(Smallest)), Vector256<float>.Zero, result);
        return Vector256.ConditionalSelect(Vector256.Equals(x, x), result, x);
    }
}
