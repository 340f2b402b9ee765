using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.Ilgpu.Tests;

namespace OutlierQuant.Kernels.Tests.FloatMatmul;

/// <summary>The products with float weights to test.</summary>
internal static class FloatMatmulKernels
{
    public static IReadOnlyDictionary<string, IFloatMatmulKernel> All { get; } = SimulatedSuites.All.ToDictionary(suite => suite.Key, suite => suite.Value.FloatMatmul);
}
