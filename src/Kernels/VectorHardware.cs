using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OutlierQuant.Kernels.MachineCode;

namespace OutlierQuant.Kernels;

/// <summary>Says which suites this process can run, and what the others lack.</summary>
internal static class VectorHardware
{
    public static string? Avx2UnavailableBecause =>
        Avx2.IsSupported ? null
        : ProcessorFeatures.Current.Avx2 ? "managed AVX2 is switched off (DOTNET_EnableAVX2=0)"
        : X86Base.IsSupported ? "this CPU has no AVX2 (CPUID leaf 7)"
        : "the runtime offers no x86 instructions here (another processor, or DOTNET_EnableHWIntrinsic=0)";

    public static string? Avx512UnavailableBecause =>
        Avx512BW.IsSupported && Avx512BW.VL.IsSupported ? null
        : ProcessorFeatures.Current.Avx512 ? "managed AVX-512 is switched off (DOTNET_EnableAVX512=0)"
        : X86Base.IsSupported ? "this CPU has no AVX-512 (CPUID leaf 7)"
        : "the runtime offers no x86 instructions here (another processor, or DOTNET_EnableHWIntrinsic=0)";

    /// <summary>Gets why no 512-bit <c>vpdpbusd</c> can be emitted, or null.</summary>
    public static string? Avx512VnniUnavailableBecause =>
        Avx512UnavailableBecause
        ?? (ProcessorFeatures.Current.Avx512Vnni ? ExecutableMemory.UnavailableBecause : "this CPU has no AVX-512 VNNI (CPUID leaf 7)");

    /// <summary>Gets the instructions that the portable vectors become.</summary>
    public static string Portable => Vector128.IsHardwareAccelerated ? "portable 128-bit vectors" : "no vectors here, one lane at a time";

    public static string Avx512Integers => Avx512VnniUnavailableBecause is null ? "512-bit vectors, emitted 512-bit VNNI from 17 tokens on"
        : AvxVnni.IsSupported ? "512-bit vectors, 256-bit AVX-VNNI"
        : "512-bit vectors, no VNNI";

    public static string Avx2Integers => AvxVnni.IsSupported ? "256-bit vectors, AVX-VNNI" : "256-bit vectors, no AVX-VNNI";
}
