using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct.Steps;
using OutlierQuant.Kernels.FloatMatmul.Lanes;
using OutlierQuant.Kernels.MachineCode;

namespace OutlierQuant.Benchmarks.Ceilings;

/// <summary>The arithmetic loops that this process can run: for each kind every instruction that might be the fastest.</summary>
internal static class CeilingLoops
{
    private const int VectorRounds = 20_000, TileRounds = 2_000;

    public static IReadOnlyList<CeilingLoop> Arithmetic() => [.. F32(), .. BF16(), .. Int8(), .. Int4()];

    private static IEnumerable<CeilingLoop> F32()
    {
        yield return Vector512.IsHardwareAccelerated ? Binary32Loop<Lanes512, Vector512<float>>.Create("vfmadd, 512-bit")
            : Vector256.IsHardwareAccelerated ? Binary32Loop<Lanes256, Vector256<float>>.Create(Fma.IsSupported ? "vfmadd, 256-bit" : "vmulps + vaddps, 256-bit")
            : Vector128.IsHardwareAccelerated ? Binary32Loop<Lanes128, Vector128<float>>.Create("multiply and add, 128-bit")
            : Binary32Loop<SingleLane, float>.Create("multiply and add, one number at a time");
    }

    // vdpbf16ps does half of what f32 does on Sapphire Rapids, and twice as much on Zen 4 (measured on both).
    private static IEnumerable<CeilingLoop> BF16()
    {
        if (AmxPermission.RefusedBecause is null)
        {
            EmittedLoop loop = EmittedLoop.AmxBF16();
            yield return new(CeilingKind.BF16, "AMX tdpbf16ps", TileRounds * EmittedLoop.TileOperations(sizeof(ushort)), () => loop.Run(TileRounds), NeedsOwnThreads: true);
        }

        if (VectorHardware.Avx512BF16UnavailableBecause is null)
        {
            EmittedLoop loop = EmittedLoop.Avx512BF16();
            yield return new(CeilingKind.BF16, "vdpbf16ps, 512-bit", VectorRounds * EmittedLoop.VectorOperations(sizeof(ushort)), () => loop.Run(VectorRounds));
        }
    }

    // What multiplies int8 by int8 multiplies int8 by int4 as well.
    private static IEnumerable<CeilingLoop> Emitted(CeilingKind kind)
    {
        if (AmxPermission.RefusedBecause is null)
        {
            EmittedLoop loop = EmittedLoop.AmxInt8();
            yield return new(kind, "AMX tdpbssd", TileRounds * EmittedLoop.TileOperations(sizeof(byte)), () => loop.Run(TileRounds), NeedsOwnThreads: true);
        }

        if (VectorHardware.Avx512VnniUnavailableBecause is null)
        {
            EmittedLoop loop = EmittedLoop.Vnni512();
            yield return new(kind, "vpdpbusd, 512-bit", VectorRounds * EmittedLoop.VectorOperations(sizeof(byte)), () => loop.Run(VectorRounds));
        }
    }

    private static IEnumerable<CeilingLoop> Int8()
    {
        foreach (CeilingLoop loop in Emitted(CeilingKind.Int8))
        {
            yield return loop;
        }

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
        foreach (CeilingLoop loop in Emitted(CeilingKind.Int4))
        {
            yield return loop;
        }

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
