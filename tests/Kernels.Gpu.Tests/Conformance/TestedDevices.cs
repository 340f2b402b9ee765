using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Gpu.OpenCL;

namespace OutlierQuant.Kernels.Tests;

/// <summary>The devices of this machine that the conformance tests run on, each twice: with every product in rows, and with every product in tiles.</summary>
internal static class TestedDevices
{
    private static readonly DeviceSearch _search = OpenCLDevices.Find();

    /// <summary>Gets why nothing can be tested; null where there is a device.</summary>
    public static string? NoneBecause =>
        _search.Found.Count > 0 ? null : $"no device: {string.Join("; ", _search.Rejected.Select(rejection => $"{rejection.Name}: {rejection.Reason}"))}";

    /// <summary>Gets the kernels of the devices, by name.</summary>
    public static IReadOnlyDictionary<string, KernelSuite> Suites { get; } = (
        from device in _search.Found
        from form in new (string Name, int TilesFromTokens)[] { ("rows", int.MaxValue), ("tiles", 1) }
        select ($"{device.Id}, {form.Name}", DeviceSuite.Of(OpenCLDevices.Open(device.Index, form.TilesFromTokens)))).ToDictionary();
}
