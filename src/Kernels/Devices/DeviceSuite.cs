using System.Runtime.InteropServices;
using OutlierQuant.Kernels.GroupQuantize;

namespace OutlierQuant.Kernels.Devices;

/// <summary>The kernels of a device behind the contracts of the CPU: every call brings its operands to the device, computes there, and fetches the results.</summary>
/// <remarks>For tests, so that one set of them judges processors and devices alike. A model keeps its weights on the device and uses <see cref="IDeviceProducts"/>.</remarks>
public static class DeviceSuite
{
    /// <summary>Makes a suite whose kernels run on a device, except the rounding of weights, which stays on the CPU. Several threads may use it; the device serves one call at a time.</summary>
    /// <param name="device">The device; the caller disposes of it after the last call.</param>
    public static KernelSuite Of(IDevice device)
    {
        Lock access = new();
        return new()
        {
            Name = device.Description.Id,
            UnavailableBecause = null,
            Description = $"{device.Description.Id}: {device.Description.Name}, {device.Description.Driver}; weights are rounded by the CPU",
            FloatMatmul = new DeviceFloatMatmul(device, access),
            RowQuantize = new DeviceRowQuantize(device, access),
            GroupQuantize = new GroupQuantizeSimd(),
            CodeProduct = new DeviceCodeProduct(device, access),
        };
    }

    /// <summary>Fetches some rows of products [tokens, rows] into a span of that shape; the other rows of the span keep their values.</summary>
    internal static void DownloadRows(IDevice device, DeviceBuffer products, int tokens, int rows, int firstRow, int rowCount, Span<float> destination)
    {
        if (rowCount == rows)
        {
            device.Download(products, 0, MemoryMarshal.AsBytes(destination));
            return;
        }

        for (int t = 0; t < tokens; t++)
        {
            int first = (t * rows) + firstRow;
            device.Download(products, (long)first * sizeof(float), MemoryMarshal.AsBytes(destination.Slice(first, rowCount)));
        }
    }
}
