using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OutlierQuant.Kernels.MachineCode;

namespace OutlierQuant.Kernels;

/// <summary>Says which suites this process can run, and what the others lack.</summary>
internal static class VectorHardware
{
    public static string? Avx2UnavailableBecause => UnavailableBecause(Avx2.IsSupported, ProcessorFeatures.Current.Avx2, "AVX2", "DOTNET_EnableAVX2");

    public static string? Avx512UnavailableBecause =>
        UnavailableBecause(Avx512BW.IsSupported && Avx512BW.VL.IsSupported, ProcessorFeatures.Current.Avx512, "AVX-512", "DOTNET_EnableAVX512");

    /// <summary>Gets why no 512-bit <c>vpdpbusd</c> can be emitted, or null.</summary>
    public static string? Avx512VnniUnavailableBecause =>
        Avx512UnavailableBecause
        ?? (ProcessorFeatures.Current.Avx512Vnni ? ExecutableMemory.UnavailableBecause : "this CPU has no AVX-512 VNNI (CPUID leaf 7)");

    /// <summary>Gets why no 512-bit <c>vdpbf16ps</c> can be emitted, or null.</summary>
    public static string? Avx512BF16UnavailableBecause =>
        Avx512UnavailableBecause
        ?? (ProcessorFeatures.Current.Avx512BF16 ? ExecutableMemory.UnavailableBecause : "this CPU has no AVX-512 BF16 (CPUID leaf 7)");

    /// <summary>Gets the instructions that the portable vectors become.</summary>
    public static string Portable => Vector128.IsHardwareAccelerated ? "portable 128-bit vectors" : "no vectors here, one lane at a time";

    public static string Avx512Integers => Avx512VnniUnavailableBecause is null ? "512-bit vectors, emitted 512-bit VNNI"
        : AvxVnni.IsSupported ? "512-bit vectors, 256-bit AVX-VNNI"
        : "512-bit vectors, no VNNI";

    public static string Avx2Integers => AvxVnni.IsSupported ? "256-bit vectors, AVX-VNNI" : "256-bit vectors, no AVX-VNNI";

    private static string? UnavailableBecause(bool runtimeHas, bool processorHas, string name, string variable) =>
        runtimeHas ? null
        : processorHas ? $"managed {name} is switched off ({variable}=0)"
        : X86Base.IsSupported ? $"this CPU has no {name} (CPUID leaf 7)"
        : "the runtime offers no x86 instructions here (another processor, or DOTNET_EnableHWIntrinsic=0)";
}
