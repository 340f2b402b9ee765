namespace OutlierQuant.Kernels.Devices;

/// <summary>A list of input channels on a device: sorted and distinct.</summary>
/// <param name="indices">The channels as 32-bit integers; owned. Shape <c>[count]</c>.</param>
/// <param name="count">Number of channels.</param>
/// <param name="columns">Number of input features that they are channels of.</param>
public sealed class DeviceChannels(DeviceBuffer indices, int count, int columns) : IDisposable
{
    /// <summary>Gets the channels as 32-bit integers. Shape <c>[count]</c>.</summary>
    public DeviceBuffer Indices { get; } = indices;

    /// <summary>Gets the number of channels.</summary>
    public int Count { get; } = count;

    /// <summary>Gets the number of input features that they are channels of.</summary>
    public int Columns { get; } = columns;

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => Indices.Dispose();
}
