using OutlierQuant.Kernels.FloatMatmul;

namespace OutlierQuant.Kernels.Tests.FloatMatmul;

/// <summary>The products with float weights to test.</summary>
internal static class FloatMatmulKernels
{
    public static IReadOnlyDictionary<string, IFloatMatmulKernel> All { get; } = TestedDevices.Suites.ToDictionary(suite => suite.Key, suite => suite.Value.FloatMatmul);
}
