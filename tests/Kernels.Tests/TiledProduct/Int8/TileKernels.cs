using OutlierQuant.Kernels.MachineCode;
using OutlierQuant.Kernels.TiledProduct.Int8;

namespace OutlierQuant.Kernels.Tests.TiledProduct.Int8;

/// <summary>The int8 microkernels that this machine can run, and the software twins.</summary>
internal static class TileKernels
{
    public static IEnumerable<TileMicrokernel> All { get; } = [new SoftwareTiles(false), new SoftwareTiles(true), .. Emitted];

    /// <summary>Gets those of machine code; none on a machine that has neither AVX-512 VNNI nor AMX.</summary>
    public static IEnumerable<TileMicrokernel> Emitted
    {
        get
        {
            if (VectorHardware.Avx512VnniUnavailableBecause is null)
            {
                yield return Avx512VnniTiles.Int8;
            }

            if (AmxPermission.RefusedBecause is null)
            {
                yield return new WithSignalStack(AmxTiles.Int8);
            }
        }
    }

    /// <summary>Gives the calling thread, which is the test runner's, what a team's own threads have, for the length of a call.</summary>
    private sealed unsafe class WithSignalStack(TileMicrokernel kernel) : TileMicrokernel
    {
        public override string Name => kernel.Name;

        public override bool NeedsStarts => kernel.NeedsStarts;

        public override void Multiply(TileBlock* block)
        {
            using AlternateSignalStack stack = new();
            kernel.Multiply(block);
        }
    }
}
