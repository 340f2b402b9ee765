using Iced.Intel;
using OutlierQuant.Kernels.MachineCode;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>A microkernel of machine code, assembled when it is first called.</summary>
/// <param name="name">The name that tables show.</param>
/// <param name="needsOwnThreads">Whether it uses tile registers.</param>
/// <param name="needsStarts">Whether it raises activations by 128.</param>
/// <param name="emit">Emits the function, for groups of whole steps or, with true, of half steps.</param>
internal sealed unsafe class EmittedTileKernel(string name, bool needsOwnThreads, bool needsStarts, Func<bool, Assembler> emit) : TileMicrokernel
{
    private readonly string _subject = $"The kernel '{name}'";
    private readonly Lazy<ExecutableMemory> _wholeSteps = new(() => new ExecutableMemory(emit(false)));
    private readonly Lazy<ExecutableMemory> _halfSteps = new(() => new ExecutableMemory(emit(true)));

    public override string Name => name;

    public override bool NeedsOwnThreads => needsOwnThreads;

    public override bool NeedsStarts => needsStarts;

    public override void Multiply(TileBlock* block)
    {
        if (needsOwnThreads)
        {
            AlternateSignalStack.RequireHere(_subject);
        }

        ExecutableMemory code = (block->HasHalfSteps ? _halfSteps : _wholeSteps).Value;
        ((delegate* unmanaged<TileBlock*, void>)code.Address)(block);
        GC.KeepAlive(this);
    }
}
