using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Testing.Devices;

/// <summary>A device in the memory of the host that computes with the reference kernels, so that what surrounds a device can be tested without one.</summary>
public sealed class HostDevice(long memoryBytes = 1 << 30, long largestBufferBytes = 1 << 28) : IDevice
{
    public DeviceDescription Description { get; } = new("host", 0, "the tests' device", "none", memoryBytes, largestBufferBytes, []);

    public IDeviceProducts Products => new HostProducts(this);

    public IDeviceParts Parts { get; } = new HostParts();

    public long BytesInUse { get; private set; }

    public long BytesUploaded { get; private set; }

    public long BytesDownloaded { get; private set; }

    public DeviceBuffer Allocate(long byteLength, string purpose)
    {
        if (byteLength > Description.LargestBufferBytes || byteLength > memoryBytes - BytesInUse)
        {
            throw new DeviceMemoryException(Description, purpose, byteLength, BytesInUse);
        }

        BytesInUse += byteLength;
        return new HostBuffer(this, byteLength, purpose);
    }

    public void Upload(ReadOnlySpan<byte> source, DeviceBuffer destination, long destinationOffset = 0)
    {
        destination.CheckRange(destinationOffset, source.Length, nameof(destination));
        source.CopyTo(((HostBuffer)destination).Bytes[(int)destinationOffset..]);
        BytesUploaded += source.Length;
    }

    public void Download(DeviceBuffer source, long sourceOffset, Span<byte> destination)
    {
        source.CheckRange(sourceOffset, destination.Length, nameof(source));
        ((HostBuffer)source).Bytes.Slice((int)sourceOffset, destination.Length).CopyTo(destination);
        BytesDownloaded += destination.Length;
    }

    public void Copy(DeviceBuffer source, long sourceOffset, DeviceBuffer destination, long destinationOffset, long byteLength)
    {
        source.CheckRange(sourceOffset, byteLength, nameof(source));
        destination.CheckRange(destinationOffset, byteLength, nameof(destination));
        ((HostBuffer)source).Bytes.Slice((int)sourceOffset, (int)byteLength).CopyTo(((HostBuffer)destination).Bytes[(int)destinationOffset..]);
    }

    public void Finish()
    {
    }

    public void Dispose()
    {
    }

    internal void Release(long byteLength) => BytesInUse -= byteLength;
}
