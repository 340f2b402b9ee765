using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.Devices;

/// <summary>Room for a <see cref="ActivationCodes"/> on a device.</summary>
public sealed class DeviceActivationCodes : IDisposable
{
    /// <summary>Reserves the room.</summary>
    /// <param name="device">Where.</param>
    /// <param name="tokens">The most tokens.</param>
    /// <param name="columns">Number of input features.</param>
    /// <param name="preservedCount">Number of channels that stay in float.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative, or there are too many columns.</exception>
    /// <exception cref="DeviceMemoryException">The device has not that much left.</exception>
    public DeviceActivationCodes(IDevice device, int tokens, int columns, int preservedCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfNegative(preservedCount);
        Tokens = tokens;
        Columns = columns;
        Stride = WeightPacking.PaddedColumns(columns);
        PreservedCount = preservedCount;
        Codes = device.Allocate((long)tokens * Stride, $"activation codes of {tokens} tokens");
        Scales = device.Allocate((long)tokens * sizeof(float), $"activation scales of {tokens} tokens");
        Preserved = device.Allocate((long)tokens * preservedCount * sizeof(float), $"preserved activations of {tokens} tokens");
    }

    /// <summary>Gets the most tokens that there is room for.</summary>
    public int Tokens { get; }

    /// <summary>Gets the number of input features.</summary>
    public int Columns { get; }

    /// <summary>Gets the distance between tokens in <see cref="Codes"/>, in bytes.</summary>
    public int Stride { get; }

    /// <summary>Gets the number of channels that stay in float.</summary>
    public int PreservedCount { get; }

    /// <summary>Gets the codes, one signed byte each, 0 at preserved channels and from <see cref="Columns"/> to <see cref="Stride"/>. Shape <c>[tokens, stride]</c>.</summary>
    public DeviceBuffer Codes { get; }

    /// <summary>Gets the step size of each token, binary32. Shape <c>[tokens]</c>.</summary>
    public DeviceBuffer Scales { get; }

    /// <summary>Gets the values of the preserved channels, binary32. Shape <c>[tokens, preserved]</c>.</summary>
    public DeviceBuffer Preserved { get; }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Codes.Dispose();
        Scales.Dispose();
        Preserved.Dispose();
    }
}
