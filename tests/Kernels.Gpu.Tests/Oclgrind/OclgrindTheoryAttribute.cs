using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests.Oclgrind;

/// <summary>A theory that only means something under oclgrind: skipped, with the reason, elsewhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OclgrindTheoryAttribute : TheoryAttribute
{
    public OclgrindTheoryAttribute() => Skip = OclgrindLog.AbsentBecause;
}
