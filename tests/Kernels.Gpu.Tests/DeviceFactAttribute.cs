using OutlierQuant.Kernels.Tests;
using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests;

/// <summary>A test that needs an OpenCL device: skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeviceFactAttribute : FactAttribute
{
    public DeviceFactAttribute() => Skip = TestedDevices.NoOpenCLBecause;
}
