using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Testing.Devices;

/// <summary>A buffer of <see cref="HostDevice"/>: an array.</summary>
internal sealed class HostBuffer(HostDevice device, long byteLength, string purpose) : DeviceBuffer(byteLength, purpose)
{
    // Not zeros: memory of a device holds whatever was there before.
    private byte[]? _bytes = Filled(byteLength);

    public Span<byte> Bytes => _bytes ?? throw new ObjectDisposedException(Purpose);

    public Span<float> Floats => MemoryMarshal.Cast<byte, float>(Bytes);

    public Span<int> Integers => MemoryMarshal.Cast<byte, int>(Bytes);

    protected override void Dispose(bool disposing)
    {
        if (_bytes is not null)
        {
            _bytes = null;
            device.Release(ByteLength);
        }
    }

    private static byte[] Filled(long length)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(0xA5);
        return bytes;
    }
}
