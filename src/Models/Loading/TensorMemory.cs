using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Checkpoints;

namespace OutlierQuant.Models.Loading;

/// <summary>A whole mapped tensor as memory; valid until its store is disposed, and never to be written.</summary>
internal sealed unsafe class TensorMemory<T> : MemoryManager<T>
    where T : unmanaged
{
    private readonly Tensor _tensor;
    private readonly int _count;

    private TensorMemory(Tensor tensor)
    {
        if (tensor.ElementCount > Array.MaxLength)
        {
            throw tensor.Wrong($"{tensor.ElementCount} elements; at most {Array.MaxLength} can be used as one matrix");
        }

        _tensor = tensor;
        _count = (int)tensor.ElementCount;
    }

    /// <summary>Gives a tensor's elements without copying them.</summary>
    public static ReadOnlyMemory<T> Of(Tensor tensor) => new TensorMemory<T>(tensor).Memory;

    /// <inheritdoc/>
    public override Span<T> GetSpan() => MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(_tensor.Elements<T>(0, _count)), _count);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        // Mapped memory does not move.
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_count, nameof(elementIndex));
        return new MemoryHandle(Unsafe.AsPointer(ref Unsafe.Add(ref MemoryMarshal.GetReference(GetSpan()), elementIndex)), default, this);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
