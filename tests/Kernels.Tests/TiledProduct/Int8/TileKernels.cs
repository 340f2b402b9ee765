using System.Runtime.Intrinsics.X86;
using OutlierQuant.Kernels.MachineCode;
using OutlierQuant.Kernels.Tests.MachineCode;
using OutlierQuant.Kernels.Tests.MachineCode.Emulation;
using OutlierQuant.Kernels.TiledProduct.Int8;

namespace OutlierQuant.Kernels.Tests.TiledProduct.Int8;

/// <summary>The int8 microkernels that this machine can run, the software twins, and machine code in the emulator, each with the one for small codes.</summary>
internal static class TileKernels
{
    public static IEnumerable<(string Name, TileMicrokernel Int8, TileMicrokernel Small)> All
    {
        get
        {
            yield return Same("software", new SoftwareTiles(false));
            yield return Same("software, raised", new SoftwareTiles(true));

            // Without AVX2 even the twins of these would run one lane at a time, and nothing new is tested.
            if (Avx2.IsSupported)
            {
                yield return ("avx2", new HalfStepTiles<Avx2HalfStep>(), new HalfStepTiles<Avx2SmallHalfStep>());
                yield return Same("avxvnni", new HalfStepTiles<AvxVnniHalfStep>());
                yield return Same(EmulatedKernels.Avx512Vnni.Name, EmulatedKernels.Avx512Vnni);
                yield return Same(EmulatedKernels.Amx.Name, EmulatedKernels.Amx);
            }

            if (VectorHardware.Avx512VnniUnavailableBecause is null)
            {
                yield return Same("avx512vnni", Avx512VnniTiles.Int8);
            }

            if (AmxPermission.RefusedBecause is null)
            {
                yield return Same("amx", new OnAnyThread(AmxTiles.Int8));
            }
        }
    }

    private static (string Name, TileMicrokernel Int8, TileMicrokernel Small) Same(string name, TileMicrokernel kernel) => (name, kernel, kernel);

    /// <summary>Runs on any thread, the test runner's included.</summary>
    private sealed unsafe class OnAnyThread(TileMicrokernel kernel) : TileMicrokernel
    {
        public override string Name => kernel.Name;

        public override bool NeedsStarts => kernel.NeedsStarts;

        public override void Multiply(TileBlock* block)
        {
            nint address = (nint)block;
            OwnThread.Run(() => kernel.Multiply((TileBlock*)address));
        }
    }
}
