namespace OutlierQuant.Kernels.Devices;

/// <summary>Memory between two kernels that grows to the longest use and lives as long as the device. What was asked before has it to itself, because everything runs in order.</summary>
/// <param name="device">Whose memory it is.</param>
/// <param name="purpose">What it holds, for errors.</param>
internal sealed class GrowingBuffer(IDevice device, string purpose)
{
    private DeviceBuffer? _buffer;

    /// <summary>Gives at least so many bytes; what they hold is undefined.</summary>
    public DeviceBuffer Take(long byteLength)
    {
        if (_buffer is null || _buffer.ByteLength < byteLength)
        {
            // If there is no memory for the longer one, the next call must not find the shorter one, which is gone.
            _buffer?.Dispose();
            _buffer = null;
            _buffer = device.Allocate(byteLength, purpose);
        }

        return _buffer;
    }
}
