using System.Runtime.CompilerServices;
using ILGPU.Runtime;

namespace OutlierQuant.Kernels.Ilgpu.Instructions;

/// <summary>Functions of real numbers, with the same error on every device.</summary>
internal static class Real
{
    /// <summary>Divides, rounding once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Divide(float dividend, float divisor) =>
        // OpenCL divides binary32 with an error of up to 2.5 units; through binary64 the quotient is the rounded one.
        Accelerator.CurrentType == AcceleratorType.OpenCL ? (float)((double)dividend / divisor) : dividend / divisor;

    /// <summary>Computes e to a power, within two units in the last place. ILGPU's own is an approximation whose error grows with the power.</summary>
    public static float Exp(float power)
    {
        if (float.IsNaN(power))
        {
            return power;
        }

        if (power > 88.8f || power < -104)
        {
            return power > 0 ? float.PositiveInfinity : 0;
        }

        // power = k · ln 2 + rest, with ln 2 in two parts, of which k times the first is exact; |rest| ≤ ln 2 / 2.
        int k = (int)((power * 1.44269504f) + (power < 0 ? -0.5f : 0.5f));
        float rest = power - (k * 0.693359375f) + (k * 2.12194440e-4f);
        float series = (1f / 720) + (rest * (1f / 5040));
        series = (1f / 120) + (rest * series);
        series = (1f / 24) + (rest * series);
        series = (1f / 6) + (rest * series);
        series = 0.5f + (rest * series);
        series = 1 + (rest + (rest * rest * series));

        // In two steps, because the last powers of two are subnormal, and the first overflows.
        return series * PowerOfTwo(k / 2) * PowerOfTwo(k - (k / 2));
    }

    /// <summary>Computes the error function, within 2 · 10⁻⁷; Abramowitz and Stegun, "Handbook of Mathematical Functions", formula 7.1.26.</summary>
    public static float Erf(float x)
    {
        float magnitude = x < 0 ? -x : x, t = 1 / (1 + (0.3275911f * magnitude));
        float series = 1.421413741f + (t * (-1.453152027f + (t * 1.061405429f)));
        series = t * (0.254829592f + (t * (-0.284496736f + (t * series))));
        float erf = 1 - (series * Exp(-magnitude * magnitude));
        return x < 0 ? -erf : erf;
    }

    private static float PowerOfTwo(int k) => ILGPU.Interop.IntAsFloat((uint)(127 + k) << 23);
}
