using Xunit;

namespace OutlierQuant.Kernels.Ilgpu.Tests.Ptx;

/// <summary>A test that needs NVIDIA's assembler.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PtxasFactAttribute : FactAttribute
{
    public PtxasFactAttribute() => Skip = PtxAssembler.MissingBecause;
}
