using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.Ilgpu.Tests;

namespace OutlierQuant.Kernels.Tests.CodeProduct;

/// <summary>The products over codes to test.</summary>
internal static class ProductKernels
{
    public static IEnumerable<string> Names => SimulatedSuites.All.Keys;

    public static ICodeProductKernel Named(string name) => SimulatedSuites.All[name].CodeProduct;
}
