using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests.Oclgrind;

/// <summary>A test that only means something under oclgrind: skipped, with the reason, elsewhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OclgrindFactAttribute : FactAttribute
{
    public OclgrindFactAttribute() => Skip = OclgrindLog.AbsentBecause;
}
