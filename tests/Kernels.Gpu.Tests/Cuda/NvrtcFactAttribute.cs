using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda;

/// <summary>A test that needs NVRTC, but no GPU: skipped, with the reason, where that library is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NvrtcFactAttribute : FactAttribute
{
    public NvrtcFactAttribute() => Skip = Nvrtc.MissingBecause;
}
