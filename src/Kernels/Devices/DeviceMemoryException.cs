namespace OutlierQuant.Kernels.Devices;

/// <summary>A device has not the memory that was asked of it.</summary>
/// <remarks>The message is one line: what for, the bytes asked, those that we hold, what the device has, and its longest buffer.</remarks>
public sealed class DeviceMemoryException : DeviceException
{
    /// <summary>Says what was asked and what there is.</summary>
    /// <param name="device">The device.</param>
    /// <param name="purpose">What the memory was for.</param>
    /// <param name="bytesAsked">Bytes asked.</param>
    /// <param name="bytesInUse">Bytes that this process already holds on the device.</param>
    /// <param name="inner">What the driver said, if it was asked.</param>
    public DeviceMemoryException(DeviceDescription device, string purpose, long bytesAsked, long bytesInUse, Exception? inner = null)
        : base(
            device,
            $"{device.Id} ({device.Name}) has no room for {purpose}: {InMebibytes(bytesAsked)} asked, {InMebibytes(bytesInUse)} in use here, "
            + $"{InMebibytes(device.MemoryBytes)} of memory, buffers of at most {InMebibytes(device.LargestBufferBytes)}.",
            inner)
    {
        Purpose = purpose;
        BytesAsked = bytesAsked;
        BytesInUse = bytesInUse;
    }

    /// <summary>Gets what the memory was for.</summary>
    public string Purpose { get; }

    /// <summary>Gets the bytes asked.</summary>
    public long BytesAsked { get; }

    /// <summary>Gets the bytes that this process held on the device.</summary>
    public long BytesInUse { get; }

    private static string InMebibytes(long bytes) => FormattableString.Invariant($"{bytes / 1048576.0:0.##} MiB");
}
