namespace OutlierQuant.Kernels.Devices;

/// <summary>Memory of a device. Disposing of it gives the memory back, once everything asked before has run.</summary>
/// <remarks>It starts at an address that every vector load allows, a multiple of 128 bytes.</remarks>
public abstract class DeviceBuffer : IDisposable
{
    /// <summary>Notes the length.</summary>
    /// <param name="byteLength">Bytes, zero or more.</param>
    /// <param name="purpose">What the memory is for.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    protected DeviceBuffer(long byteLength, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        ByteLength = byteLength;
        Purpose = purpose;
    }

    /// <summary>Gets the number of bytes.</summary>
    public long ByteLength { get; }

    /// <summary>Gets what the memory is for.</summary>
    public string Purpose { get; }

    /// <summary>Throws unless some bytes lie in this buffer.</summary>
    /// <param name="offset">The first of them.</param>
    /// <param name="byteLength">How many.</param>
    /// <param name="parameter">Name of the caller's parameter that is this buffer.</param>
    /// <exception cref="ArgumentException">They do not.</exception>
    public void CheckRange(long offset, long byteLength, string parameter)
    {
        if (offset < 0 || byteLength < 0 || offset > ByteLength - byteLength)
        {
            throw new ArgumentException($"The {byteLength} bytes from byte {offset} on do not lie in the {ByteLength} bytes for {Purpose}.", parameter);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back, once however often it is called.</summary>
    /// <param name="disposing">Whether <see cref="Dispose()"/> calls it.</param>
    protected abstract void Dispose(bool disposing);
}
