using System.Collections.Concurrent;
using Iced.Intel;
using OutlierQuant.Kernels.RowProduct;
using OutlierQuant.Kernels.TiledProduct.BF16;
using OutlierQuant.Kernels.TiledProduct.Int8;

namespace OutlierQuant.Kernels.Tests.MachineCode.Emulation;

/// <summary>The emitted kernels, run by the emulator.</summary>
internal static class EmulatedKernels
{
    public static IRowKernel Rows { get; } = new RowKernel();

    public static TileMicrokernel Avx512Vnni { get; } = new Int8Tiles("avx512vnni, emulated", needsStarts: true, Avx512VnniTiles.Int8Code);

    public static TileMicrokernel Amx { get; } = new Int8Tiles("amx, emulated", needsStarts: false, AmxTiles.Int8Code);

    public static IBF16TileKernel Avx512BF16 { get; } = new BF16Tiles("avx512bf16, emulated", Avx512TileKernel.Assemble);

    public static IBF16TileKernel AmxBF16 { get; } = new BF16Tiles("amx, emulated", AmxTileKernel.Assemble);

    private sealed unsafe class RowKernel : IRowKernel
    {
        private readonly ConcurrentDictionary<RowCodeShape, Lazy<EmulatedFunction>> _functions = new();

        public void Multiply(RowCodeShape shape, RowBlock block) =>
            _functions.GetOrAdd(shape, static shape => new(() => new EmulatedFunction(RowCode.Emit(shape)))).Value.Call((nint)(&block));
    }

    private sealed unsafe class Int8Tiles(string name, bool needsStarts, Func<bool, Assembler> emit) : TileMicrokernel
    {
        private readonly Lazy<EmulatedFunction> _wholeSteps = new(() => new EmulatedFunction(emit(false)));
        private readonly Lazy<EmulatedFunction> _halfSteps = new(() => new EmulatedFunction(emit(true)));

        public override string Name => name;

        public override bool NeedsStarts => needsStarts;

        public override void Multiply(TileBlock* block) => (block->HasHalfSteps ? _halfSteps : _wholeSteps).Value.Call((nint)block);
    }

    private sealed unsafe class BF16Tiles(string name, Func<Assembler> emit) : IBF16TileKernel
    {
        private readonly Lazy<EmulatedFunction> _function = new(() => new EmulatedFunction(emit()));

        public string Name => name;

        public bool NeedsOwnThreads => false;

        public void Multiply(in TileSteps steps)
        {
            fixed (TileSteps* argument = &steps)
            {
                _function.Value.Call((nint)argument);
            }
        }
    }
}
