using Xunit;

namespace OutlierQuant.Kernels.Ilgpu.Tests.Ptx;

/// <inheritdoc cref="PtxasFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PtxasTheoryAttribute : TheoryAttribute
{
    public PtxasTheoryAttribute() => Skip = PtxAssembler.MissingBecause;
}
