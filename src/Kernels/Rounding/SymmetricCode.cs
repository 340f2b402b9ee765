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

    // Lane i holds value i. A NaN differs from itself, so the mask makes it 0 first; after the clamp every lane converts exactly, on any processor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Round(Vector128<float> value, Vector128<float> scale, Vector128<float> qMax)
    {
        Vector128<float> rounded = Vector128.Round(value / scale);
        rounded &= Vector128.Equals(rounded, rounded);
        return Vector128.ConvertToInt32Native(Vector128.MinNative(Vector128.MaxNative(rounded, -qMax), qMax));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Round(Vector256<float> value, Vector256<float> scale, Vector256<float> qMax)
    {
        Vector256<float> rounded = Vector256.Round(value / scale);
        rounded &= Vector256.Equals(rounded, rounded);
        return Vector256.ConvertToInt32Native(Vector256.MinNative(Vector256.MaxNative(rounded, -qMax), qMax));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Round(Vector512<float> value, Vector512<float> scale, Vector512<float> qMax)
    {
        Vector512<float> rounded = Vector512.Round(value / scale);
        rounded &= Vector512.Equals(rounded, rounded);
        return Vector512.ConvertToInt32Native(Vector512.MinNative(Vector512.MaxNative(rounded, -qMax), qMax));
    }
}
