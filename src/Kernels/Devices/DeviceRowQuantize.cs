using System.Runtime.InteropServices;
using OutlierQuant.Kernels.RowQuantize;

namespace OutlierQuant.Kernels.Devices;

/// <summary>The rounding of activations of a device, over operands of the host.</summary>
/// <param name="device">The device.</param>
/// <param name="access">Held during every call.</param>
internal sealed class DeviceRowQuantize(IDevice device, Lock access) : IRowQuantizeKernel
{
    /// <inheritdoc/>
    public float AbsMax(ReadOnlySpan<float> row, ReadOnlySpan<int> preservedChannels)
    {
        RowQuantizeShape.Check(row, preservedChannels);
        lock (access)
        {
            using DeviceBuffer source = WeightUpload.Bytes(device, MemoryMarshal.AsBytes(row), "the activations");
            using DeviceChannels leftOut = device.Products.UploadChannels(preservedChannels, row.Length);
            using DeviceBuffer absMax = device.Allocate(sizeof(float), "the largest value");
            device.Products.AbsMax(source, 1, leftOut, absMax);
            float value = 0;
            device.Download(absMax, 0, MemoryMarshal.AsBytes(new Span<float>(ref value)));
            return value;
        }
    }

    /// <inheritdoc/>
    public void Quantize(ReadOnlySpan<float> row, ReadOnlySpan<int> preservedChannels, float scale, int qMax, Span<sbyte> codes, Span<float> preserved)
    {
        RowQuantizeShape.Check(row, preservedChannels, scale, qMax, codes, preserved);
        lock (access)
        {
            using DeviceBuffer source = WeightUpload.Bytes(device, MemoryMarshal.AsBytes(row), "the activations");
            using DeviceChannels channels = device.Products.UploadChannels(preservedChannels, row.Length);
            using DeviceActivationCodes quantized = device.Products.ReserveCodes(1, row.Length, preservedChannels.Length);
            device.Upload(MemoryMarshal.AsBytes(new ReadOnlySpan<float>(in scale)), quantized.Scales);
            device.Products.Quantize(source, 1, channels, qMax, quantized);

            // The device pads a token to its stride; the caller's span may end earlier or later.
            int written = Math.Min(codes.Length, quantized.Stride);
            device.Download(quantized.Codes, 0, MemoryMarshal.AsBytes(codes[..written]));
            codes[written..].Clear();
            device.Download(quantized.Preserved, 0, MemoryMarshal.AsBytes(preserved));
        }
    }
}
