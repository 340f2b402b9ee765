using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.Rounding;

/// <summary>The one rounding rule, <c>clamp(round(value / scale), -qMax, qMax)</c> with NaN becoming 0, at scalar width and at each vector width.</summary>
internal static class SymmetricCode
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static sbyte Round(float value, float scale, int qMax)
    {
        float rounded = MathF.Round(value / scale);
        return float.IsNaN(rounded) ? (sbyte)0 : (sbyte)Math.Clamp(rounded, -qMax, qMax);
    }

    // Lane i holds value i. The conversion sends NaN to 0, as the scalar rule does.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Round(Vector128<float> value, Vector128<float> scale, Vector128<float> qMax) =>
        Vector128.ConvertToInt32(Vector128.Clamp(Vector128.Round(value / scale), -qMax, qMax));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Round(Vector256<float> value, Vector256<float> scale, Vector256<float> qMax) =>
        Vector256.ConvertToInt32(Vector256.Clamp(Vector256.Round(value / scale), -qMax, qMax));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Round(Vector512<float> value, Vector512<float> scale, Vector512<float> qMax) =>
        Vector512.ConvertToInt32(Vector512.Clamp(Vector512.Round(value / scale), -qMax, qMax));
}
