using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.Devices;

/// <summary>The products over codes of a device, over operands of the host.</summary>
/// <param name="device">The device.</param>
/// <param name="access">Held during every call.</param>
internal sealed class DeviceCodeProduct(IDevice device, Lock access) : ICodeProductKernel
{
    /// <inheritdoc/>
    public int RowGranularity => 1;

    /// <inheritdoc/>
    public bool NeedsOwnThreads(WeightFormat format, bool integerActivations, int tokens) => false;

    /// <inheritdoc/>
    public string Describe(PackedWeights weights, bool integerActivations, int tokens) => device.Products.Describe(weights, integerActivations, tokens);

    /// <inheritdoc/>
    public PreparedCodes? ReserveCodes(int tokens, PackedWeights weights) => null;

    /// <inheritdoc/>
    public PreparedFloats? Reserve(int tokens, PackedWeights weights) => null;

    /// <inheritdoc/>
    public void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        CodeProductShape.Check(source, weights, firstRow, rowCount, destination);
        int tokens = source.Scales.Length;
        lock (access)
        {
            using DeviceCodeWeights uploaded = device.Products.Upload(weights, "the weights");
            using DeviceActivationCodes codes = device.Products.ReserveCodes(tokens, weights.Columns, weights.PreservedChannels.Length);
            device.Upload(MemoryMarshal.AsBytes(source.Codes), codes.Codes);
            device.Upload(MemoryMarshal.AsBytes(source.Scales), codes.Scales);
            device.Upload(MemoryMarshal.AsBytes(source.Preserved), codes.Preserved);
            using DeviceBuffer products = WeightUpload.Bytes(device, MemoryMarshal.AsBytes(destination), "the products");
            device.Products.Multiply(codes, tokens, uploaded, firstRow, rowCount, products);
            device.Download(products, 0, MemoryMarshal.AsBytes(destination));
        }
    }

    /// <inheritdoc/>
    public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared = null)
    {
        CodeProductShape.Check(source, tokens, weights, firstRow, rowCount, destination);
        lock (access)
        {
            using DeviceCodeWeights uploaded = device.Products.Upload(weights, "the weights");
            using DeviceBuffer activations = WeightUpload.Bytes(device, MemoryMarshal.AsBytes(source), "the activations");
            using DeviceBuffer products = WeightUpload.Bytes(device, MemoryMarshal.AsBytes(destination), "the products");
            device.Products.Multiply(activations, tokens, uploaded, firstRow, rowCount, products);
            device.Download(products, 0, MemoryMarshal.AsBytes(destination));
        }
    }
}
