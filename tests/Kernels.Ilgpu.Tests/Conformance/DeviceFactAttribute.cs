using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests;

/// <summary>A test that needs a device. ILGPU's simulator is always there.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeviceFactAttribute : FactAttribute;
