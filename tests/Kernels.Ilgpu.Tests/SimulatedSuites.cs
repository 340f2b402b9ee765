using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Ilgpu.Tests;

/// <summary>The kernels on ILGPU's simulator.</summary>
internal static class SimulatedSuites
{
    /// <summary>Gets suites by name. Groups of four warps of four lanes: every thread of a group is a thread of the host.</summary>
    public static IReadOnlyDictionary<string, KernelSuite> All { get; } = new Dictionary<string, KernelSuite>
    {
        ["simulator"] = DeviceSuite.Of(IlgpuDevice.Simulate(4, 4, new IlgpuRoutes(MostRowTokens: 2, TensorCores: false))),
    };
}
