using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OutlierQuant.Kernels;

/// <summary>Says which vector instructions the SIMD kernels use in this process.</summary>
internal static class VectorHardware
{
    public static string Describe()
    {
        string width = Vector512.IsHardwareAccelerated ? "AVX-512 (512-bit)"
            : Vector256.IsHardwareAccelerated ? "AVX2 (256-bit)"
            : Vector128.IsHardwareAccelerated ? "128-bit vectors"
            : "no vectors, one lane at a time";
        string fused = Fma.IsSupported ? ", FMA" : ", no FMA";
        string integer = AvxVnni.IsSupported ? ", AvxVnni" : ", no AvxVnni";
        return $"simd: {width}{fused}{integer}";
    }
}
