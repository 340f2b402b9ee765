namespace OutlierQuant.Kernels.Devices;

/// <summary>What a device is, for tables and errors.</summary>
/// <param name="Backend">What drives it: <c>opencl</c>, <c>cuda</c> or <c>ilgpu</c>.</param>
/// <param name="Index">0-based position among the devices of that backend.</param>
/// <param name="Name">Its name, as its driver gives it.</param>
/// <param name="Driver">The driver and its version.</param>
/// <param name="MemoryBytes">Bytes of its memory.</param>
/// <param name="LargestBufferBytes">Bytes of the longest buffer that it allows.</param>
/// <param name="Features">What kernels choose by: for example <c>fp64</c> or <c>dp4a</c>; <c>gpu</c> for a graphics processor.</param>
public sealed record DeviceDescription(string Backend, int Index, string Name, string Driver, long MemoryBytes, long LargestBufferBytes, IReadOnlyList<string> Features)
{
    /// <summary>Gets what <c>--device</c> calls it: for example <c>opencl:0</c>.</summary>
    public string Id => $"{Backend}:{Index}";

    /// <summary>Gets a value indicating whether it is a graphics processor; a driver may offer the CPU too.</summary>
    public bool IsGpu => Features.Contains("gpu");
}
