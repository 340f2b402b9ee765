using System.Buffers.Binary;
using System.Runtime.InteropServices;
using OutlierQuant.Benchmarks.Ceilings;
using OutlierQuant.Benchmarks.Measuring;
using OutlierQuant.Benchmarks.Workloads;
using OutlierQuant.Kernels.Threading;
using Xunit;

namespace OutlierQuant.Benchmarks.Tests.Ceilings;

public sealed class CeilingLoopsTests
{
    [Fact]
    public void Measure_EveryKind_HasABestLoopAndRates()
    {
        using WorkerTeam team = new(2);
        CeilingLoop[] loops = [.. new MemoryLoop(8 << 20).Loops(), .. CeilingLoops.Arithmetic()];

        CeilingReport report = MachineCeilings.Measure(loops, team, new(TimeProvider.System, new SampleGuard(team).Run), CancellationToken.None).Report();

        Assert.All([report.F32, report.Bf16, report.Int8, report.Int4], ceiling => Assert.True(ceiling.GopsPerSecond > 0 && ceiling.OneThreadGopsPerSecond > 0 && ceiling.Instruction.Length > 0));
        Assert.True(report.DramRead.GbPerSecond > 0 && report.DramRead.OneThreadGbPerSecond > 0);
        Assert.Equal(loops.Count(loop => loop.Kind == CeilingKind.Int8) - 1, report.Int8.Slower.Count);
    }

    [Fact]
    public void Arm_OnOneThread_DoesTheWorkOfOne()
    {
        int calls = 0;
        CeilingLoop loop = new(CeilingKind.F32, "counted", 10, () => Interlocked.Increment(ref calls));
        using WorkerTeam team = new(3);

        CeilingArm all = new(loop, team), one = new(loop, team, onOneThread: true);
        all.Run();
        int ofAll = Interlocked.Exchange(ref calls, 0);
        one.Run();

        Assert.Equal(all.Amount, 10.0 * ofAll);
        Assert.Equal(one.Amount, 10.0 * calls);
        Assert.Equal(all.Amount, 3 * one.Amount);
    }

    [Theory]
    [InlineData("int8×int8", new[] { 1 })]
    [InlineData("int8×int4-g128", new[] { 1, 1 })]
    [InlineData("float×f32", new[] { 1, 6 })]
    [InlineData("float×f16", new[] { 1, 5 })]
    [InlineData("float×bf16", new[] { 1, 3 })]
    [InlineData("float×int8", new[] { 1, 3, 3 })]
    [InlineData("float×ternary", new[] { 1, 3, 3, 3 })]
    public void Arithmetic_OfAKernel_CountsItsParts(string kernel, int[] parts) =>
        Assert.Equal(parts, CaseCeilings.Arithmetic(ProductKernel.Matching(kernel)[0]).Select(pair => pair.Parts));

    [Theory]
    [InlineData("float×f32", new[] { 1, 1 })]
    [InlineData("float×int8", new[] { 1, 1, 3 })]
    public void Arithmetic_WhereFloatsMayBeRounded_IsOnePartOfBFloat16(string kernel, int[] parts) =>
        Assert.Equal(parts, CaseCeilings.Arithmetic(ProductKernel.Matching(kernel)[0], mayRound: true).Select(pair => pair.Parts));

    [Fact]
    public void Read_PartsOfBFloat16_AreTakenWhereFasterThanF32()
    {
        using WorkerTeam team = new(1);
        CeilingLoop[] loops = [Loop(CeilingKind.DramRead), Loop(CeilingKind.F32), Loop(CeilingKind.BF16)];
        var ceilings = MachineCeilings.Measure(loops, team, new(TimeProvider.System, () => { }), CancellationToken.None);
        CeilingArm[] arms = [.. loops.Select(loop => new CeilingArm(loop, team))];
        ProductCase f32 = new(ProductKernel.Matching("float×f32")[0], new(8, 8), 1), bf16 = new(ProductKernel.Matching("float×bf16")[0], new(8, 8), 1);
        ArmSamples[] samples = [.. new[] { 1.0, 1.0, 0.2 }.Select(seconds => new ArmSamples([new Sample(0, seconds, 0)], 0, false))];

        // bfloat16 does five times what binary32 does: less than six parts need, more than three.
        Assert.Equal((arms[1].Amount, "f32"), Arithmetic(CaseCeilings.Read(f32, arms, samples, ceilings)));
        Assert.Equal((arms[2].Amount / 0.2 / 3, "bf16"), Arithmetic(CaseCeilings.Read(bf16, arms, samples, ceilings)));

        static CeilingLoop Loop(CeilingKind kind) => new(kind, kind.ToString(), 12, () => { });

        static (double, string) Arithmetic((Roofline Roofline, string Name) read) => (read.Roofline.OperationsPerSecond, read.Name);
    }

    [LoopFact("vpdpbusd, 512-bit")]
    public void Vnni512_ThreeRounds_AddsThreeTimesTheProducts()
    {
        using var loop = EmittedLoop.Vnni512();
        loop.Run(3);

        ReadOnlySpan<byte> unsigned = loop.Operands[..64];
        ReadOnlySpan<sbyte> signed = MemoryMarshal.Cast<byte, sbyte>(loop.Operands.Slice(64, 64));
        for (int lane = 0; lane < 16; lane++)
        {
            int sum = 0;
            for (int i = 4 * lane; i < (4 * lane) + 4; i++)
            {
                sum += unsigned[i] * signed[i];
            }

            Assert.Equal(3 * sum, BinaryPrimitives.ReadInt32LittleEndian(loop.Sums[(4 * lane)..]));
        }
    }

    [LoopFact("vdpbf16ps, 512-bit")]
    public void Avx512BF16_ThreeRounds_AddsThreeTimesTheProducts()
    {
        using var loop = EmittedLoop.Avx512BF16();
        loop.Run(3);

        float[] values = [.. MemoryMarshal.Cast<byte, ushort>(loop.Operands).ToArray().Select(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16))];
        for (int lane = 0; lane < 16; lane++)
        {
            double sum = ((double)values[2 * lane] * values[32 + (2 * lane)]) + ((double)values[(2 * lane) + 1] * values[32 + (2 * lane) + 1]);
            Assert.Equal(3 * sum, BinaryPrimitives.ReadSingleLittleEndian(loop.Sums[(4 * lane)..]), 1e-4);
        }
    }

    [LoopFact("AMX tdpbssd")]
    public void AmxInt8_ThreeRounds_AddsThreeTimesTheProduct()
    {
        using var loop = EmittedLoop.AmxInt8();
        RunOnOwnThread(() => loop.Run(3));

        ReadOnlySpan<sbyte> operands = MemoryMarshal.Cast<byte, sbyte>(loop.Operands);
        ReadOnlySpan<sbyte> left = operands[..EmittedLoop.TileBytes], right = operands.Slice(2 * EmittedLoop.TileBytes, EmittedLoop.TileBytes);
        for (int m = 0; m < 16; m++)
        {
            for (int n = 0; n < 16; n++)
            {
                int sum = 0;
                for (int k = 0; k < 64; k++)
                {
                    sum += left[(64 * m) + k] * right[(64 * (k / 4)) + (4 * n) + (k % 4)];
                }

                Assert.Equal(3 * sum, BinaryPrimitives.ReadInt32LittleEndian(loop.Sums[((64 * m) + (4 * n))..]));
            }
        }
    }

    [LoopFact("AMX tdpbf16ps")]
    public void AmxBF16_OneRound_IsTheProduct()
    {
        using var loop = EmittedLoop.AmxBF16();
        RunOnOwnThread(() => loop.Run(1));

        float[] values = [.. MemoryMarshal.Cast<byte, ushort>(loop.Operands).ToArray().Select(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16))];
        ReadOnlySpan<float> left = values.AsSpan(0, 512), right = values.AsSpan(1024, 512);
        for (int m = 0; m < 16; m++)
        {
            for (int n = 0; n < 16; n++)
            {
                double sum = 0;
                for (int k = 0; k < 32; k++)
                {
                    sum += (double)left[(32 * m) + k] * right[(32 * (k / 2)) + (2 * n) + (k % 2)];
                }

                Assert.Equal(sum, BinaryPrimitives.ReadSingleLittleEndian(loop.Sums[((64 * m) + (4 * n))..]), 1e-3);
            }
        }
    }

    private static void RunOnOwnThread(Action action)
    {
        using WorkerTeam team = new(1);
        team.Run(1, 1, (_, _) => action(), ownThreadsOnly: true);
    }
}
