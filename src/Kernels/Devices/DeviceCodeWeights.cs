namespace OutlierQuant.Kernels.Devices;

/// <summary>A <see cref="CodeProduct.PackedWeights"/> on a device.</summary>
/// <remarks>A backend that lays the codes out anew derives from this; the others keep the bytes of <see cref="CodeProduct.WeightPacking"/>, as a checkpoint has them.</remarks>
public class DeviceCodeWeights : IDisposable
{
    /// <summary>Gets the packing of the codes.</summary>
    public required WeightFormat Format { get; init; }

    /// <summary>Gets the number of output features.</summary>
    public required int Rows { get; init; }

    /// <summary>Gets the number of input features.</summary>
    public required int Columns { get; init; }

    /// <summary>Gets the number of consecutive columns of one row that share a scale.</summary>
    public required int GroupSize { get; init; }

    /// <summary>Gets the packed codes; owned. Shape <c>[rows, WeightPacking.BytesPerRow(format, columns)]</c> bytes, unless the backend has its own layout.</summary>
    public required DeviceBuffer Codes { get; init; }

    /// <summary>Gets the step size of each group, binary32; owned. Shape <c>[rows, Groups]</c>.</summary>
    public required DeviceBuffer Scales { get; init; }

    /// <summary>Gets the input channels that stay in float; owned.</summary>
    public required DeviceChannels PreservedChannels { get; init; }

    /// <summary>Gets the float weights of the preserved channels, binary32; owned. Shape <c>[rows, preserved]</c>.</summary>
    public required DeviceBuffer PreservedColumns { get; init; }

    /// <summary>Gets the scales of a row: the columns over the group size, rounded up.</summary>
    public int Groups => Columns == 0 ? 0 : (int)(((long)Columns + GroupSize - 1) / GroupSize);

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back.</summary>
    /// <param name="disposing">Whether <see cref="Dispose()"/> calls it.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Codes.Dispose();
            Scales.Dispose();
            PreservedChannels.Dispose();
            PreservedColumns.Dispose();
        }
    }
}
