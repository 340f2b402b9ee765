using Iced.Intel;
using OutlierQuant.Kernels.TiledProduct;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.Tests.MachineCode.Emulation;

/// <summary>The emulator refuses what the processor would fault on and what the calling convention forbids, and knows its instructions.</summary>
public unsafe class EmulatedFunctionTests
{
    public static TheoryData<string, string> Wrong => new()
    {
        { "keeps a register that is the caller's", "another RBX" },
        { "leaves the stack", "to another place" },
        { "leaves upper halves", "without vzeroupper: zmm3" },
        { "loads from an odd address", "would fault: its address is no multiple of 64" },
        { "uses tiles too early", "before tiles are configured" },
        { "does something unknown", "does not know 'vrsqrt14ps" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Call_WrongCode_IsRefused(string what, string message)
    {
        Assembler code = new(64);
        switch (what)
        {
            case "keeps a register that is the caller's":
                code.mov(rbx, rdi);
                break;
            case "leaves the stack":
                code.push(rdi);
                break;
            case "leaves upper halves":
                code.vpxord(zmm1, zmm1, zmm1);
                code.vmovups(zmm3, __zmmword_ptr[rdi]);
                break;
            case "loads from an odd address":
                code.vmovdqa64(zmm0, __zmmword_ptr[rdi + 4]);
                break;
            case "uses tiles too early":
                code.tilezero(tmm0);
                break;
            default:
                code.vrsqrt14ps(zmm0, zmm0);
                break;
        }

        code.ret();
        using PinnedMemory memory = new(256);
        new Span<byte>(memory.Start, 256).Fill(1);
        var function = new EmulatedFunction(code);
        var address = (nint)memory.Start;

        Assert.Contains(message, Assert.Throws<InvalidOperationException>(() => function.Call(address)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Call_MasksFlagsAndArguments_AreThoseOfTheManual()
    {
        // f(to, from, mask, count, stride, unused, last): a masked copy, zeroing, of `count` vectors; then `last` behind them.
        Assembler code = new(64) { PreferVex = false };
        Label next = code.CreateLabel();
        code.kmovq(k1, __qword_ptr[rdx]);
        code.Label(ref next);
        code.vmovdqu8(zmm16.k1.z, __zmmword_ptr[rsi]);
        code.vmovups(__zmmword_ptr[rdi], zmm16);
        code.add(rsi, r8);
        code.add(rdi, r8);
        code.sub(rcx, 1);
        code.jne(next);
        code.mov(rax, __qword_ptr[rsp + 8]);
        code.vpbroadcastd(zmm17, eax);
        code.vmovss(__dword_ptr[rdi], xmm17);
        code.ret();
        var from = new byte[128];
        var to = new byte[132];
        Array.Fill(from, (byte)7);
        var mask = 0x8000_0000_0000_0005;

        fixed (byte* source = from, destination = to)
        {
            new EmulatedFunction(code).Call((nint)destination, (nint)source, (nint)(&mask), 2, 64, 0, 0x01020304);
        }

        byte[] vector = [.. Enumerable.Range(0, 64).Select(at => at is 0 or 2 or 63 ? (byte)7 : (byte)0)];
        Assert.Equal([.. vector, .. vector, 4, 3, 2, 1], to);
    }
}
