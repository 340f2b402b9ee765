using OutlierQuant.Kernels.Devices;
using OutlierQuant.Testing.Devices;
using OutlierQuant.Kernels.RowQuantize;

namespace OutlierQuant.Kernels.Tests.RowQuantize;

/// <summary>The roundings of activations to test.</summary>
internal static class RowQuantizeKernels
{
    private static readonly Dictionary<string, IRowQuantizeKernel> _all =
        KernelSuite.All.Where(suite => suite.IsAvailable).Append(DeviceSuite.Of(new HostDevice())).ToDictionary(suite => suite.Name, suite => suite.RowQuantize);

    public static IEnumerable<string> Names => _all.Keys;

    public static IRowQuantizeKernel Named(string name) => _all[name];
}
