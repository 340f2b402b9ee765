using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.Tests.CodeProduct;

/// <summary>The products over codes to test.</summary>
internal static class ProductKernels
{
    public static IEnumerable<string> Names => TestedDevices.Suites.Keys;

    public static ICodeProductKernel Named(string name) => TestedDevices.Suites[name].CodeProduct;
}
