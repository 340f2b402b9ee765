using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;

/// <summary>What the emulator refuses: without that, its agreement would show little.</summary>
public sealed class PtxGroupTests
{
    // Each item writes its number to shared memory and reads its neighbour's, with or without a barrier between.
    private const string Exchange = """
        .visible .entry exchange(
            .param .u64 exchange_param_0
        )
        {
            .shared .align 4 .b8 numbers[256];
            ld.param.u64 %rd1, [exchange_param_0];
            mov.u32 %r1, %tid.x;
            shl.b32 %r2, %r1, 2;
            mov.u32 %r3, numbers;
            add.s32 %r4, %r3, %r2;
            cvt.u64.u32 %rd2, %r4;
            st.shared.u32 [%rd2], %r1;
            BARRIER
            xor.b32 %r5, %r4, 4;
            cvt.u64.u32 %rd3, %r5;
            ld.shared.u32 %r6, [%rd3];
            cvt.u64.u32 %rd4, %r2;
            add.s64 %rd5, %rd1, %rd4;
            st.global.u32 [%rd5], %r6;
            ret;
        }
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_WithBarrier_ReadsWhatTheNeighbourWrote(bool backwards) =>
        Assert.Equal(Enumerable.Range(0, 64).Select(static i => i ^ 1), Run(Exchange.Replace("BARRIER", "bar.sync 0;", StringComparison.Ordinal), 64, 256, backwards));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_WithoutBarrier_ReadsWhatNobodyWrote(bool backwards) =>
        Assert.Contains(unchecked((int)0xCDCDCDCD), Run(Exchange.Replace("BARRIER", "", StringComparison.Ordinal), 64, 256, backwards));

    [Fact]
    public void Run_AccessBehindABuffer_ThrowsSayingWhere() =>
        Assert.Contains("st.global.u32", Assert.Throws<PtxException>(() => Run(Exchange.Replace("BARRIER", "", StringComparison.Ordinal), 64, 252, backwards: false)).Message, StringComparison.Ordinal);

    [Fact]
    public void Run_AccessBehindSharedMemory_Throws() =>
        Assert.Contains("shared memory", Assert.Throws<PtxException>(() => Run(Exchange.Replace("BARRIER", "", StringComparison.Ordinal), 96, 1024, backwards: false)).Message, StringComparison.Ordinal);

    [Fact]
    public void Run_SomeItemsMissTheBarrier_Throws() => Assert.Contains(
        "not all items",
        Assert.Throws<PtxException>(() => Run(Exchange.Replace("BARRIER", "setp.lt.s32 %p1, %r1, 5; @%p1 bar.sync 0;", StringComparison.Ordinal), 64, 256, backwards: false)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Run_CopyThatIsNotWaitedFor_HasNotArrived()
    {
        const string Copy = """
            .visible .entry copy(
                .param .u64 copy_param_0
            )
            {
                .shared .align 16 .b8 place[16];
                ld.param.u64 %rd1, [copy_param_0];
                mov.u64 %rd2, place;
                mov.u32 %r9, place;
                st.global.u32 [%rd1], 5;
                cp.async.cg.shared.global [%r9], [%rd1], 16;
                cp.async.commit_group;
                cp.async.wait_group PENDING;
                ld.shared.u32 %r1, [%rd2];
                st.global.u32 [%rd1], %r1;
                ret;
            }
            """;
        Assert.Equal(5, Run(Copy.Replace("PENDING", "0", StringComparison.Ordinal), 1, 16, backwards: false)[0]);
        Assert.Equal(unchecked((int)0xEEEEEEEE), Run(Copy.Replace("PENDING", "1", StringComparison.Ordinal), 1, 16, backwards: false)[0]);
    }

    [Fact]
    public void Read_UnknownInstruction_ThrowsNamingIt() =>
        Assert.Contains("tanh.approx.f32", Assert.Throws<PtxException>(() => new PtxModule(Exchange.Replace("BARRIER", "tanh.approx.f32 %f1, %f1;", StringComparison.Ordinal))).Message, StringComparison.Ordinal);

    private static int[] Run(string ptx, int items, int bytes, bool backwards)
    {
        PtxMemory memory = new();
        ulong buffer = memory.Allocate(bytes);
        new PtxGroup(new PtxModule(ptx).Kernels.Values.Single(), memory, [buffer], new LaunchSize(1, 1, items, 1), (0, 0)).Run(backwards);
        return [.. Enumerable.Range(0, bytes / 4).Select(i => (int)PtxMemory.Read(memory.At(buffer + (ulong)(4 * i), 4)))];
    }
}
