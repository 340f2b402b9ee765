using System.Collections.Concurrent;
using OutlierQuant.Kernels.MachineCode;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>The emitted functions, each assembled when it is first called.</summary>
internal static unsafe class RowKernel
{
    private static readonly ConcurrentDictionary<RowCodeShape, Lazy<ExecutableMemory>> _code = new();

    /// <summary>Computes the sums of some blocks of rows.</summary>
    public static void Multiply(RowCodeShape shape, RowBlock block)
    {
        ExecutableMemory code = _code.GetOrAdd(shape, static shape => new(() => new ExecutableMemory(RowCode.Emit(shape)))).Value;
        ((delegate* unmanaged<RowBlock*, void>)code.Address)(&block);
        GC.KeepAlive(code);
    }
}
