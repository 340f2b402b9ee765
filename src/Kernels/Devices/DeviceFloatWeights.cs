namespace OutlierQuant.Kernels.Devices;

/// <summary>A <see cref="FloatMatmul.FloatWeights"/> on a device.</summary>
/// <remarks>A backend that lays the elements out anew derives from this; the others keep the bytes as a checkpoint has them.</remarks>
public class DeviceFloatWeights : IDisposable
{
    /// <summary>Gets the bytes of the matrix, little-endian; owned. Shape <c>[rows, columns]</c>, or <c>[columns, rows]</c> when <see cref="IsTransposed"/>.</summary>
    public required DeviceBuffer Elements { get; init; }

    /// <summary>Gets the element type.</summary>
    public required FloatType Type { get; init; }

    /// <summary>Gets the number of output features.</summary>
    public required int Rows { get; init; }

    /// <summary>Gets the number of input features.</summary>
    public required int Columns { get; init; }

    /// <summary>Gets a value indicating whether input features are the outer dimension, as in GPT-2's Conv1D.</summary>
    public required bool IsTransposed { get; init; }

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
            Elements.Dispose();
        }
    }
}
