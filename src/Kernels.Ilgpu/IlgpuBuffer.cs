using ILGPU;
using ILGPU.Runtime;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu;

/// <summary>A buffer of an <see cref="IlgpuDevice"/>: whole words, at least one, so that a kernel may view every buffer as words.</summary>
internal sealed class IlgpuBuffer(IlgpuDevice device, MemoryBuffer1D<Words, Stride1D.Dense> memory, long byteLength, string purpose) : DeviceBuffer(byteLength, purpose)
{
    private bool _isDisposed;

    /// <summary>Gets the device that the buffer belongs to.</summary>
    public IlgpuDevice Device => device;

    /// <summary>Gets the memory as words of 16 bytes.</summary>
    public ArrayView<Words> Words => _isDisposed ? throw new ObjectDisposedException(Purpose) : memory.View.BaseView;

    /// <summary>Gets the memory as elements.</summary>
    public ArrayView<T> As<T>()
        where T : unmanaged => Words.Cast<T>();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            device.Release(memory, ByteLength);
        }
    }
}
