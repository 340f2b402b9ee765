using OutlierQuant.Benchmarks.Measuring;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Benchmarks.Devices;

/// <summary>The ceiling of memory: copies from one buffer of a device to another.</summary>
internal sealed class DeviceCopy(IDevice device, long byteLength) : IArm, IDisposable
{
    private readonly DeviceBuffer _source = device.Allocate(byteLength, "the source of copies");
    private readonly DeviceBuffer _destination = device.Allocate(byteLength, "the destination of copies");

    /// <inheritdoc/>
    public int Repeats => 1;

    /// <summary>Gets the bytes that one run reads and writes.</summary>
    public double Bytes => 2.0 * byteLength;

    /// <inheritdoc/>
    public void Prepare()
    {
    }

    /// <inheritdoc/>
    public void Run()
    {
        device.Copy(_source, 0, _destination, 0, byteLength);
        device.Finish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _source.Dispose();
        _destination.Dispose();
    }
}
