using OutlierQuant.Kernels.RowQuantize;

namespace OutlierQuant.Kernels.Tests.RowQuantize;

/// <summary>The roundings of activations to test.</summary>
internal static class RowQuantizeKernels
{
    public static IEnumerable<string> Names => TestedDevices.Suites.Keys;

    public static IRowQuantizeKernel Named(string name) => TestedDevices.Suites[name].RowQuantize;
}
