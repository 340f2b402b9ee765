using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Gpu.Cuda;
using OutlierQuant.Kernels.Gpu.OpenCL;

namespace OutlierQuant.Kernels.Tests;

/// <summary>The devices of this machine that the conformance tests run on, each twice or three times: with every product in rows, in tiles, and on tensor cores where there are some.</summary>
internal static class TestedDevices
{
    private static readonly DeviceSearch _openCL = OpenCLDevices.Find();

    private static readonly DeviceSearch _cuda = CudaDevices.Find();

    /// <summary>Gets why no OpenCL device can be tested; null where there is one.</summary>
    public static string? NoOpenCLBecause => Reason(_openCL);

    /// <summary>Gets why no CUDA device can be tested; null where there is one.</summary>
    public static string? NoCudaBecause => Reason(_cuda);

    /// <summary>Gets why nothing can be tested; null where there is a device.</summary>
    public static string? NoneBecause => NoOpenCLBecause is string noOpenCL && NoCudaBecause is string noCuda ? $"{noOpenCL}; {noCuda}" : null;

    /// <summary>Opens the device that the parts of a forward pass are tested on; null where there is none.</summary>
    public static IDevice? Open() => NoOpenCLBecause is null ? OpenCLDevices.Open() : null;

    /// <summary>Gets the kernels of the devices, by name.</summary>
    public static IReadOnlyDictionary<string, KernelSuite> Suites { get; } = OpenCLSuites().Concat(CudaSuites()).ToDictionary();

    private static IEnumerable<(string Name, KernelSuite Suite)> OpenCLSuites() =>
        from device in _openCL.Found
        from form in new (string Name, int TilesFromTokens)[] { ("rows", int.MaxValue), ("tiles", 1) }
        select ($"{device.Id}, {form.Name}", DeviceSuite.Of(OpenCLDevices.Open(device.Index, form.TilesFromTokens)));

    private static IEnumerable<(string Name, KernelSuite Suite)> CudaSuites() =>
        from device in _cuda.Found
        from form in new (string Name, int TilesFromTokens, bool UsesTensorCores)[] { ("rows", int.MaxValue, true), ("tiles", 1, false), ("tensor cores", 1, true) }
        select ($"{device.Id}, {form.Name}", DeviceSuite.Of(CudaDevices.Open(device.Index, form.TilesFromTokens, form.UsesTensorCores)));

    private static string? Reason(DeviceSearch search) =>
        search.Found.Count > 0 ? null : $"no device: {string.Join("; ", search.Rejected.Select(static rejection => $"{rejection.Backend} {rejection.Name}: {rejection.Reason}"))}";
}
