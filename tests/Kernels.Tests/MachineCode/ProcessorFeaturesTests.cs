using System.Runtime.Intrinsics.X86;
using OutlierQuant.Kernels.MachineCode;
using Xunit;

namespace OutlierQuant.Kernels.Tests.MachineCode;

public sealed class ProcessorFeaturesTests
{
    private const uint Avx512 = (1u << 16) | (1u << 17) | (1u << 28) | (1u << 30) | (1u << 31);
    private const ulong Tiles = 0x60000;

    [Fact]
    public void Decode_EachBitAlone_SetsItsFeature()
    {
        Assert.Equal(new ProcessorFeatures(), ProcessorFeatures.Decode(0, (0, 0, 0), 0, 0));
        Assert.True(ProcessorFeatures.Decode(1u << 29, (0, 0, 0), 0, 0).F16C);
        Assert.True(ProcessorFeatures.Decode(0, (1u << 5, 0, 0), 0, 0).Avx2);
        Assert.True(ProcessorFeatures.Decode(0, (Avx512, 0, 0), 0, 0).Avx512);
        Assert.True(ProcessorFeatures.Decode(0, (0, 1u << 11, 0), 0, 0).Avx512Vnni);
        Assert.True(ProcessorFeatures.Decode(0, (0, 0, 0), 1u << 5, 0).Avx512BF16);
        Assert.True(ProcessorFeatures.Decode(0, (0, 0, 1u << 22), 0, 0).AmxBF16);
        Assert.True(ProcessorFeatures.Decode(0, (0, 0, 1u << 24), 0, 0).AmxTile);
        Assert.True(ProcessorFeatures.Decode(0, (0, 0, 1u << 25), 0, 0).AmxInt8);
        Assert.True(ProcessorFeatures.Decode(0, (0, 0, 0), 0, Tiles).SavesTiles);
    }

    [Fact]
    public void Decode_PartOfWhatBelongsTogether_IsNotEnough()
    {
        foreach (int bit in new[] { 16, 17, 28, 30, 31 })
        {
            Assert.False(ProcessorFeatures.Decode(0, (Avx512 & ~(1u << bit), 0, 0), 0, 0).Avx512);
        }

        Assert.False(ProcessorFeatures.Decode(0, (0, 0, 0), 0, 1UL << 17).SavesTiles);
        Assert.False(ProcessorFeatures.Decode(0, (0, 0, 0), 0, 1UL << 18).SavesTiles);
    }

    [Fact]
    public void Current_WhatTheRuntimeReportsToo_Agrees()
    {
        // The runtime may have a feature switched off, but never claims one that the processor lacks.
        Assert.True(!Avx2.IsSupported || ProcessorFeatures.Current.Avx2);
        Assert.True(!Avx512BW.IsSupported || ProcessorFeatures.Current.Avx512);
        Assert.True(AmxPermission.RefusedBecause is not null || ProcessorFeatures.Current is { AmxTile: true, AmxInt8: true, AmxBF16: true, SavesTiles: true });
    }
}
