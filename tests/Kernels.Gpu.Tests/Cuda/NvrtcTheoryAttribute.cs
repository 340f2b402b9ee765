using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda;

/// <summary>A theory that needs NVRTC, but no GPU: skipped, with the reason, where that library is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NvrtcTheoryAttribute : TheoryAttribute
{
    public NvrtcTheoryAttribute() => Skip = Nvrtc.MissingBecause;
}
