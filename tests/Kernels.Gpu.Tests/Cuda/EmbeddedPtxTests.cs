using OutlierQuant.Kernels.Gpu.Cuda;
using OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;
using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda;

public sealed class EmbeddedPtxTests
{
    [Fact]
    public void SourceHash_AnyTime_IsThatOfTheSources() => Assert.True(
        EmbeddedPtx.CurrentSourceHash() == EmbeddedPtx.SourceHash,
        "src/Kernels.Gpu/Source changed: run dotnet run --project tools/OutlierQuant.KernelPtx -- src/Kernels.Gpu/Cuda/Ptx/kernels.ptx.br");

    [Fact]
    public void Of_EveryProgram_IsReadablePtxWithKernels() => Assert.All(EmbeddedPtx.Programs, static program =>
    {
        string ptx = EmbeddedPtx.Of(program.Name)!;
        Assert.Contains(".target sm_80", ptx, StringComparison.Ordinal);
        Assert.NotEmpty(new PtxModule(ptx).Kernels);
    });

    [Fact]
    public void Of_ProgramThatIsNotEmbedded_IsNull() => Assert.Null(EmbeddedPtx.Of("attention.cl (DIMENSIONS 99)"));
}
