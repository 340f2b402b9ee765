using ILGPU.Runtime.Cuda;
using Xunit;

namespace OutlierQuant.Kernels.Ilgpu.Tests.Ptx;

/// <summary>What ILGPU makes of the kernels for CUDA devices, on a machine that has none.</summary>
public sealed class PtxTests
{
    private static readonly CudaArchitecture[] Architectures = [CudaArchitecture.SM_80, CudaArchitecture.SM_90];

    public static TheoryData<string> Kernels => [.. PtxKernels.All.Keys];

    [Fact]
    public void All_Kernels_AreEveryFormOfEveryProduct()
    {
        string[] forms = [.. PtxKernels.All.Values.Select(static kernel => $"{kernel.DeclaringType?.Name}.{kernel.Name}").Distinct().Order()];
        Assert.Equal(
            [
                "Attention.MergeSegments", "Attention.SumSegment", "CodeGroups.Multiply", "CodeRow.Multiply", "CodeTensor.Multiply", "CodeTile.Multiply", "Elements.Activate", "Elements.Add", "Elements.AddVector",
                "FloatCodeRow.Multiply", "FloatRow.Multiply", "FloatTensor.Multiply", "FloatTile.Multiply", "HalfParts.Split", "Heads.Place", "LeaveOut.Pad", "LeaveOut.Preserve",
                "Norms.Normalize", "RowLookUp.LookUp", "RowQuantizeKernels.AbsMax", "RowQuantizeKernels.Preserve", "RowQuantizeKernels.Round",
                "RowRounding.Round", "Scales.Find", "Search.FindLargest", "Search.ListCandidates", "Search.SumExponentials",
            ],
            forms);
    }

    [Theory]
    [InlineData("CodeRow.Multiply", "dp4a.s32.s32")]
    [InlineData("CodeTile.Multiply", "dp4a.s32.s32")]
    [InlineData("CodeTensor.Multiply", "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32")]
    [InlineData("FloatTensor.Multiply", "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32")]
    public void Compile_ProductOfCodes_UsesTheInstruction(string form, string instruction)
    {
        foreach (CudaArchitecture architecture in Architectures)
        {
            foreach (string format in new[] { "Int8Codes", "Int4Codes", "TernaryCodes" })
            {
                Assert.Contains(instruction, PtxKernels.Compile($"{form}({format})", architecture), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Compile_AnyKernel_ComputesAsIeee754Says(string kernel)
    {
        // Fast math would show as an approximation, or as results flushed to zero.
        string ptx = PtxKernels.Compile(kernel, CudaArchitecture.SM_90);
        Assert.DoesNotContain(".approx", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".ftz", ptx, StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_Rounding_DividesWithRoundingToNearest() =>
        Assert.Contains("div.rn.f32", PtxKernels.Compile("RowQuantizeKernels.Round", CudaArchitecture.SM_80), StringComparison.Ordinal);

    [Theory]
    [InlineData("CodeRow.Multiply(Int4Codes)")]
    [InlineData("CodeTensor.Multiply(Int8Codes)")]
    [InlineData("FloatCodeRow.Multiply(TernaryCodes)")]
    public void Compile_PackedRows_AreLoadedBySixteenBytes(string kernel) =>
        Assert.Contains("ld.v4.b32", PtxKernels.Compile(kernel, CudaArchitecture.SM_80), StringComparison.Ordinal);

    [PtxasTheory]
    [MemberData(nameof(Kernels))]
    public void Assemble_AnyKernel_Succeeds(string kernel)
    {
        foreach (CudaArchitecture architecture in Architectures)
        {
            Assert.Equal("", PtxAssembler.Errors(PtxKernels.Compile(kernel, architecture), $"sm_{architecture.Major}{architecture.Minor}"));
        }
    }

    [PtxasFact]
    public void Assemble_NotPtx_IsRefused() => Assert.Contains("error", PtxAssembler.Errors(".version 7.8\n.target sm_80\n.address_size 64\nnonsense", "sm_80"), StringComparison.OrdinalIgnoreCase);
}
