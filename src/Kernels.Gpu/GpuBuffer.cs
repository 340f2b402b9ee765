using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Gpu;

/// <summary>Memory of a <see cref="GpuDevice"/>.</summary>
internal sealed class GpuBuffer(GpuDevice device, nint memory, long byteLength, string purpose) : DeviceBuffer(byteLength, purpose)
{
    private nint _memory = memory;

    /// <summary>Gets the driver's handle.</summary>
    public nint Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory == 0, this);
            return _memory;
        }
    }

    /// <summary>Gets the device that the memory belongs to.</summary>
    public GpuDevice Device { get; } = device;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_memory != 0)
        {
            Device.Release(_memory, ByteLength);
            _memory = 0;
        }
    }
}
