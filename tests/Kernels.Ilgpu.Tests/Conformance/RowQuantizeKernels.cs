using OutlierQuant.Kernels.Ilgpu.Tests;
using OutlierQuant.Kernels.RowQuantize;

namespace OutlierQuant.Kernels.Tests.RowQuantize;

/// <summary>The roundings of activations to test.</summary>
internal static class RowQuantizeKernels
{
    public static IEnumerable<string> Names => SimulatedSuites.All.Keys;

    public static IRowQuantizeKernel Named(string name) => SimulatedSuites.All[name].RowQuantize;
}
