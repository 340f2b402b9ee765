using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Gpu.OpenCL;
using OutlierQuant.Testing.Devices;

namespace OutlierQuant.Models.Tests.Devices;

/// <summary>The devices that forward passes are tested on.</summary>
internal static class TestDevices
{
    /// <summary>Gets what <see cref="Open"/> takes.</summary>
    public static string[] Names { get; } = OpenCLDevices.Find().Found.Count > 0 ? ["host", "opencl"] : ["host"];

    /// <summary>Opens a device.</summary>
    public static IDevice Open(string name) => name switch
    {
        "host" => new HostDevice(),
        "opencl" => OpenCLDevices.Open(),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such device."),
    };
}
