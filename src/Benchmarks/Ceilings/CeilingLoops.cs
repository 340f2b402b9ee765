using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OutlierQuant.Kernels.CodeProduct.Steps;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Benchmarks.Ceilings;

/// <summary>The arithmetic loops that this process can run: for each kind every instruction that might be the fastest.</summary>
internal static class CeilingLoops
{
    public static IReadOnlyList<CeilingLoop> Arithmetic() => [.. F32(), .. Int8(), .. Int4()];

    private static IEnumerable<CeilingLoop> F32()
    {
        yield return Vector512.IsHardwareAccelerated ? Binary32Loop<Lanes512, Vector512<float>>.Create("vfmadd, 512-bit")
            : Vector256.IsHardwareAccelerated ? Binary32Loop<Lanes256, Vector256<float>>.Create(Fma.IsSupported ? "vfmadd, 256-bit" : "vmulps + vaddps, 256-bit")
            : Vector128.IsHardwareAccelerated ? Binary32Loop<Lanes128, Vector128<float>>.Create("multiply and add, 128-bit")
            : Binary32Loop<SingleLane, float>.Create("multiply and add, one number at a time");
    }

    private static IEnumerable<CeilingLoop> Int8()
    {
        if (AvxVnni.IsSupported)
        {
            yield return ByteLoop<AvxVnniByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>.Int8("vpdpbusd, 256-bit");
        }

        if (Avx512BW.IsSupported)
        {
            yield return ByteLoop<Avx512ByteStep, Vector512<byte>, Vector512<int>, Vector512<float>>.Int8("vpmaddubsw + vpmaddwd + vpaddd, 512-bit");
        }

        yield return Avx2.IsSupported
            ? ByteLoop<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>.Int8("vpmaddubsw + vpmaddwd + vpaddd, 256-bit")
            : ByteLoop<Vector128ByteStep, Vector128<byte>, Vector128<int>, Vector128<float>>.Int8("widen, multiply and add, 128-bit");
    }

    private static IEnumerable<CeilingLoop> Int4()
    {
        if (AvxVnni.IsSupported)
        {
            yield return PackedLoop<AvxVnniByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>.Int4("vpdpbusd, 256-bit");
        }

        if (Avx512BW.IsSupported)
        {
            yield return ByteLoop<Avx512ByteStep, Vector512<byte>, Vector512<int>, Vector512<float>>.Int4("2 vpmaddubsw + vpmaddwd, 512-bit");
        }

        yield return Avx2.IsSupported
            ? PackedLoop<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>.Int4("4 vpmaddubsw + vpmaddwd, 256-bit")
            : PackedLoop<Vector128ByteStep, Vector128<byte>, Vector128<int>, Vector128<float>>.Int4("widen, multiply and add, 128-bit");
    }
}
