using OutlierQuant.Kernels.Gpu.Cuda;
using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda;

/// <summary>Every kernel compiled as CUDA C, which needs no GPU.</summary>
public sealed class CompilationTests
{
    public static TheoryData<string> Programs => [.. EmbeddedPtx.Programs.Select(static program => program.Name)];

    public static TheoryData<string> TensorPrograms => [.. TensorTiles.Programs.Select(static program => program.Name)];

    [NvrtcTheory]
    [MemberData(nameof(Programs))]
    public void Compile_AnyProgram_GivesPtxThatAssembles(string name)
    {
        foreach (int capability in new[] { 80, 90 })
        {
            string ptx = Nvrtc.Ptx(Named(name), capability);
            Assert.Contains($".target sm_{capability}", ptx, StringComparison.Ordinal);
            Assert.Contains(".visible .entry", ptx, StringComparison.Ordinal);
            PtxAssembler.Check(ptx, $"sm_{capability}");
        }
    }

    [NvrtcFact]
    public void Compile_ForADevicesOwnCode_GivesAnElfFile() =>
        Assert.Equal([0x7F, (byte)'E', (byte)'L', (byte)'F'], NvrtcCompiler.Compile("own", KernelSource.Of(GpuProducts.SmallestProgram, header: ""), "sm_80").Take(4));

    [NvrtcFact]
    public void Programs_AllSources_AreAmongThem()
    {
        string[] included = ["language.cl", "lanes.cl", "tiles.cl", "codes.cl", "elements.cl"];
        IEnumerable<string> sources = typeof(EmbeddedPtx).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".cl", StringComparison.Ordinal) || name.EndsWith(".cu", StringComparison.Ordinal));
        Assert.Equal(sources.Except(included).Order(), EmbeddedPtx.Programs.Select(static program => program.File).Distinct().Order());
    }

    [NvrtcTheory]
    [MemberData(nameof(TensorPrograms))]
    public void Compile_TensorProgram_UsesTensorCoresAndPipelines(string name)
    {
        string ptx = Nvrtc.Ptx(Named(name), 80);
        Assert.Contains("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32", ptx, StringComparison.Ordinal);
        Assert.Contains("ldmatrix.sync.aligned.m8n8.x4.shared.b16", ptx, StringComparison.Ordinal);
        Assert.Contains("cp.async.cg.shared.global", ptx, StringComparison.Ordinal);
        Assert.Contains("cp.async.wait_group 1;", ptx, StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void Compile_CodeProduct_UsesByteDotProducts() =>
        Assert.All(
            EmbeddedPtx.Programs.Where(static program => program.File == "code_product.cl"),
            static program => Assert.Contains("dp4a.s32.s32", Nvrtc.Ptx(program, 80), StringComparison.Ordinal));

    // Fused multiplication and addition are always asked for by name, so that the same sum has the same bits in every kernel.
    [NvrtcFact]
    public void Compile_ExpressionThatCouldFuse_DoesNot()
    {
        string ptx = System.Text.Encoding.UTF8.GetString(
            NvrtcCompiler.Compile("fuse.cu", "extern \"C\" __global__ void fuse(float* x) { x[0] = x[1] * x[2] + x[3]; }", "compute_80"));
        Assert.Contains("mul.rn.f32", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain("fma.", ptx, StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void Compile_SourceWithAnError_ThrowsWithTheLog() =>
        Assert.Contains(
            "no_such_name",
            Assert.Throws<NvrtcException>(static () => NvrtcCompiler.Compile("broken.cu", "__global__ void broken(int* x) { x[0] = no_such_name; }", "compute_80")).Message,
            StringComparison.Ordinal);

    [NvrtcFact]
    public void Architecture_AnyCapability_IsTheNewestThatRuns()
    {
        Assert.Equal("sm_80", NvrtcCompiler.Architecture(80));
        Assert.StartsWith("compute_", NvrtcCompiler.Architecture(999), StringComparison.Ordinal);
        Assert.Null(NvrtcCompiler.Architecture(10));
    }

    private static GpuProgram Named(string name) => EmbeddedPtx.Programs.Single(program => program.Name == name);
}
