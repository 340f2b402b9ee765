namespace OutlierQuant.Kernels.Devices;

/// <summary>A processor with memory of its own.</summary>
/// <remarks>
/// <para>What is asked of it runs in the order asked, and later: only <see cref="Download"/> and <see cref="Finish"/> wait. <see cref="Upload"/> has read its source when it
/// returns, so the caller may change it at once.</para>
/// <para>Calls come from one thread at a time; the caller sees to that. Buffers belong to the device that allocated them and are of no use to another.</para>
/// <para>A device that fails stays lost: every later call but <see cref="IDisposable.Dispose"/> throws <see cref="DeviceLostException"/>.</para>
/// </remarks>
public interface IDevice : IDisposable
{
    /// <summary>Gets what the device is.</summary>
    DeviceDescription Description { get; }

    /// <summary>Gets the products that run on it.</summary>
    IDeviceProducts Products { get; }

    /// <summary>Gets the other parts of a forward pass that run on it.</summary>
    IDeviceParts Parts { get; }

    /// <summary>Reserves memory of the device. Its content is arbitrary until something is written to it.</summary>
    /// <param name="byteLength">Bytes, zero or more.</param>
    /// <param name="purpose">What the memory is for, as an error names it: for example <c>codes of model.layers.3.mlp.up_proj</c>.</param>
    /// <exception cref="DeviceMemoryException">The device has not that much left, or no buffer of that length.</exception>
    /// <exception cref="DeviceLostException">The device failed.</exception>
    DeviceBuffer Allocate(long byteLength, string purpose);

    /// <summary>Copies bytes of the host into a buffer.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="destination">Where they go.</param>
    /// <param name="destinationOffset">First byte of <paramref name="destination"/> to write.</param>
    /// <exception cref="ArgumentException">The bytes do not lie in the buffer, or it belongs to another device.</exception>
    /// <exception cref="DeviceLostException">The device failed.</exception>
    void Upload(ReadOnlySpan<byte> source, DeviceBuffer destination, long destinationOffset = 0);

    /// <summary>Waits for everything asked before, then copies bytes of a buffer to the host.</summary>
    /// <param name="source">The buffer.</param>
    /// <param name="sourceOffset">First byte of <paramref name="source"/> to read.</param>
    /// <param name="destination">Receives the bytes, as many as it is long.</param>
    /// <exception cref="ArgumentException">The bytes do not lie in the buffer, or it belongs to another device.</exception>
    /// <exception cref="DeviceLostException">The device failed, now or in anything asked before.</exception>
    void Download(DeviceBuffer source, long sourceOffset, Span<byte> destination);

    /// <summary>Copies bytes from one buffer to another, or within one buffer to a place that does not overlap.</summary>
    /// <param name="source">The buffer to read.</param>
    /// <param name="sourceOffset">First byte of <paramref name="source"/> to read.</param>
    /// <param name="destination">The buffer to write.</param>
    /// <param name="destinationOffset">First byte of <paramref name="destination"/> to write.</param>
    /// <param name="byteLength">Number of bytes.</param>
    /// <exception cref="ArgumentException">The bytes do not lie in the buffers or overlap, or a buffer belongs to another device.</exception>
    /// <exception cref="DeviceLostException">The device failed.</exception>
    void Copy(DeviceBuffer source, long sourceOffset, DeviceBuffer destination, long destinationOffset, long byteLength);

    /// <summary>Waits for everything asked before.</summary>
    /// <exception cref="DeviceLostException">The device failed, now or in anything asked before.</exception>
    void Finish();
}
