using OutlierQuant.Kernels.MachineCode;
using OutlierQuant.Kernels.Tests.MachineCode;
using OutlierQuant.Kernels.Tests.MachineCode.Emulation;
using OutlierQuant.Kernels.TiledProduct.BF16;

namespace OutlierQuant.Kernels.Tests.TiledProduct;

/// <summary>The bf16 tile kernels that this machine can run: the software twin, machine code in the emulator, and machine code where there is AMX or AVX-512 BF16.</summary>
internal static class BF16TileKernels
{
    public static IReadOnlyDictionary<string, IBF16TileKernel> All { get; } = Create();

    private static Dictionary<string, IBF16TileKernel> Create()
    {
        Dictionary<string, IBF16TileKernel> all = new()
        {
            ["twin"] = new TwinTileKernel(),
            [EmulatedKernels.Avx512BF16.Name] = EmulatedKernels.Avx512BF16,
            [EmulatedKernels.AmxBF16.Name] = EmulatedKernels.AmxBF16,
        };
        if (VectorHardware.Avx512BF16UnavailableBecause is null)
        {
            all["avx512bf16"] = new Avx512TileKernel();
        }

        if (AmxPermission.RefusedBecause is null)
        {
            all["amx"] = new OnAnyThread(new AmxTileKernel());
        }

        return all;
    }

    /// <summary>Runs on any thread, the test runner's included.</summary>
    private sealed class OnAnyThread(IBF16TileKernel kernel) : IBF16TileKernel
    {
        public string Name => kernel.Name;

        public bool NeedsOwnThreads => false;

        public void Multiply(in TileSteps steps)
        {
            TileSteps copy = steps;
            OwnThread.Run(() => kernel.Multiply(copy));
        }
    }
}
