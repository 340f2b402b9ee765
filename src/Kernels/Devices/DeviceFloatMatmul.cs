using System.Runtime.InteropServices;
using OutlierQuant.Kernels.FloatMatmul;

namespace OutlierQuant.Kernels.Devices;

/// <summary>The products with float weights of a device, over operands of the host.</summary>
/// <param name="device">The device.</param>
/// <param name="access">Held during every call.</param>
internal sealed class DeviceFloatMatmul(IDevice device, Lock access) : IFloatMatmulKernel
{
    /// <inheritdoc/>
    public int RowGranularity => 1;

    /// <inheritdoc/>
    public bool NeedsOwnThreads(FloatType type, int tokens) => false;

    /// <inheritdoc/>
    public string Describe(FloatType type, int tokens) => device.Products.Describe(type, tokens);

    /// <inheritdoc/>
    public PreparedFloats? Reserve(FloatType type, int tokens, int columns) => null;

    /// <inheritdoc/>
    public void Multiply(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared = null)
    {
        FloatMatmulShape.Check(source, tokens, weights, firstRow, rowCount, destination);
        lock (access)
        {
            using DeviceFloatWeights uploaded = device.Products.Upload(weights, "the weights");
            using DeviceBuffer activations = WeightUpload.Bytes(device, MemoryMarshal.AsBytes(source), "the activations");
            using DeviceBuffer products = WeightUpload.Bytes(device, MemoryMarshal.AsBytes(destination), "the products");
            device.Products.Multiply(activations, tokens, uploaded, firstRow, rowCount, products);
            device.Download(products, 0, MemoryMarshal.AsBytes(destination));
        }
    }
}
