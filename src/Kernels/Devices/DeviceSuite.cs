using OutlierQuant.Kernels.GroupQuantize;

namespace OutlierQuant.Kernels.Devices;

/// <summary>The kernels of a device behind the contracts of the CPU: every call brings its operands to the device, and what the destination holds too, computes there, and fetches the results.</summary>
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
}
