using System.Collections.Concurrent;
using OutlierQuant.Kernels.MachineCode;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>The emitted functions, each assembled when it is first called.</summary>
internal sealed unsafe class EmittedRowKernel : IRowKernel
{
    private readonly ConcurrentDictionary<RowCodeShape, Lazy<ExecutableMemory>> _code = new();

    private EmittedRowKernel()
    {
    }

    /// <summary>Gets the only one.</summary>
    public static EmittedRowKernel Instance { get; } = new();

    /// <inheritdoc/>
    public void Multiply(RowCodeShape shape, RowBlock block)
    {
        ExecutableMemory code = _code.GetOrAdd(shape, static shape => new(() => new ExecutableMemory(RowCode.Emit(shape)))).Value;
        ((delegate* unmanaged<RowBlock*, void>)code.Address)(&block);
        GC.KeepAlive(code);
    }
}
