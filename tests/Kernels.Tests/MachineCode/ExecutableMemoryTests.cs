using Iced.Intel;
using OutlierQuant.Kernels.MachineCode;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.Tests.MachineCode;

public sealed class ExecutableMemoryTests
{
    [EmittedCodeFact]
    public unsafe void Constructor_IntegerFunction_RunsWithTheCallingConventionOfTheSystem()
    {
        Assembler assembler = new(64);
        assembler.imul(rdi, rsi);
        assembler.lea(rax, __[rdi + rdx + 5]);
        assembler.ret();
        using ExecutableMemory code = new(assembler);
        Assert.Equal((7 * -9) + 100 + 5, ((delegate* unmanaged<long, long, long, long>)code.Address)(7, -9, 100));
    }

    [EmittedCodeFact]
    public unsafe void Constructor_BranchesAcrossPages_AreAssembledAtTheirAddress()
    {
        // A loop whose body is longer than a page: sums 1 to 1000, with 5000 bytes of padding between the jumps.
        Assembler assembler = new(64);
        Label again = assembler.CreateLabel();
        assembler.xor(eax, eax);
        assembler.Label(ref again);
        assembler.add(rax, rdi);
        for (int i = 0; i < 5000; i++)
        {
            assembler.nop();
        }

        assembler.dec(rdi);
        assembler.jnz(again);
        assembler.ret();
        using ExecutableMemory code = new(assembler);
        Assert.True(code.Length > Environment.SystemPageSize);
        Assert.Equal(500_500, ((delegate* unmanaged<long, long>)code.Address)(1000));
    }

    [EmittedCodeFact]
    public void Dispose_Twice_ReleasesOnce()
    {
        Assembler assembler = new(64);
        assembler.ret();
        ExecutableMemory code = new(assembler);
        code.Dispose();
        code.Dispose();
        unsafe
        {
            Assert.True(code.Address == null);
        }
    }
}
