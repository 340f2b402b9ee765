using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Ilgpu;

namespace OutlierQuant.Kernels.Tests;

/// <summary>ILGPU's simulator, which the conformance tests run on.</summary>
internal static class TestedDevices
{
    /// <summary>Gets the kernels by name.</summary>
    public static IReadOnlyDictionary<string, KernelSuite> Suites { get; } = new Dictionary<string, KernelSuite> { ["simulator"] = DeviceSuite.Of(Open()) };

    /// <summary>Opens a simulator with groups of four warps of four lanes: every thread of a group is a thread of the host. Long attention takes several turns.</summary>
    public static IDevice Open() => IlgpuDevice.Simulate(4, 4, new IlgpuRoutes(MostRowTokens: 2, TensorCores: false, MostPartials: 4096));
}
