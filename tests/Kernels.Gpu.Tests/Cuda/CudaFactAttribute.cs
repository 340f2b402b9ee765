using OutlierQuant.Kernels.Tests;
using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda;

/// <summary>A test that needs a CUDA device: skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CudaFactAttribute : FactAttribute
{
    public CudaFactAttribute() => Skip = TestedDevices.NoCudaBecause;
}
