using OutlierQuant.Kernels;
using Xunit;

namespace OutlierQuant.Benchmarks.Tests;

public sealed class BenchmarkMemoryTests
{
    internal static MachineDescription SmallMachine { get; } = new()
    {
        Processor = "test",
        LogicalProcessors = 2,
        LastLevelCacheBytes = 1 << 20,
        MemoryBytes = 4L << 30,
        OperatingSystem = "test",
        Runtime = "test",
        Version = "test",
    };

    [Theory]
    [InlineData("64x200000", 1, 0, "at most 131072 input features")]
    [InlineData("64x32", 1, 33, "33 channels cannot be preserved of 32 input features")]
    [InlineData("60000x60000", 1, 0, "one array holds at most")]
    [InlineData("100000x4096", 60000, 0, "one array holds at most")]
    [InlineData("16384x32000", 1, 0, "GiB of memory")]
    [InlineData("4096x4096", 100000, 0, "GiB of memory")]
    public void Check_WhatDoesNotFit_IsRefusedByName(string shape, int rows, int preserved, string words)
    {
        BenchmarkOptions options = new() { Suite = KernelSuite.Reference, Shapes = [WeightShape.Parse(shape)], Rows = [rows], PreservedCounts = [preserved] };

        ArgumentException wrong = Assert.Throws<ArgumentException>(() => BenchmarkMemory.Check(options, SmallMachine with { MemoryBytes = 1L << 30 }));

        Assert.Contains($"Shape {shape}: ", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(words, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_TheDefaults_FitEightGibibytes()
    {
        BenchmarkOptions options = new() { Suite = KernelSuite.Reference };

        BenchmarkMemory.Check(options, SmallMachine with { MemoryBytes = 8L << 30, LastLevelCacheBytes = 32 << 20 });

        Assert.Equal(6, options.Shapes.Count);
    }

    [Theory]
    [InlineData(32, 256)]
    [InlineData(200, 1024)]
    [InlineData(384, 1536)]
    public void RotationBytes_AreAtLeastFourCaches(int cache, int rotation) =>
        Assert.Equal((long)rotation << 20, BenchmarkMemory.RotationBytes(SmallMachine with { LastLevelCacheBytes = (long)cache << 20 }));

    [Theory]
    [InlineData("512K\n", 512 << 10)]
    [InlineData("32M", 32 << 20)]
    [InlineData("49152K", 48 << 20)]
    [InlineData("1234", 1234)]
    [InlineData("?", 64 << 20)]
    public void ParseCacheSize_ReadsWhatLinuxWrites(string text, long bytes) => Assert.Equal(bytes, MachineDescription.ParseCacheSize(text));
}
