using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>Emits the loops over strips and groups that all microkernels share, around what an instruction set does for one group.</summary>
/// <remarks>
/// <para>The function follows the System V calling convention and has one argument, the <see cref="TileBlock"/>. While a group is computed:</para>
/// <code>
/// rdi  the block                      r10  weights of the group        rdx  sums of the strip      rbx  groups left, this one included
/// r13  what is fetched next           r11  activations of the group    rbp  scales of the group    r15  steps of the group (1 if it is half of one)
/// r14  strips left                    r12  activations of the strip    rax, rcx, rsi, r8, r9 and all vectors are free
/// </code>
/// </remarks>
internal static class TileLoops
{
    private const int ScaleBytes = TileLayout.PairRows * sizeof(float);
    private const int SumBytes = TileLayout.BlockSums * sizeof(float);

    private static readonly AssemblerRegister64[] _saved = [rbx, rbp, r12, r13, r14, r15];

    /// <summary>Emits a function.</summary>
    /// <param name="halfSteps">Whether a group is half a step.</param>
    /// <param name="begin">Emits what is done once.</param>
    /// <param name="group">Emits the products of a group and what is done with its sums.</param>
    /// <param name="end">Emits what is done last, before vectors are cleared.</param>
    /// <param name="data">Emits what follows the code.</param>
    public static Assembler Emit(bool halfSteps, Action<Assembler> begin, Action<Assembler> group, Action<Assembler> end, Action<Assembler> data)
    {
        Assembler code = new(64);
        Label nextStrip = code.CreateLabel(), nextGroup = code.CreateLabel();
        foreach (AssemblerRegister64 register in _saved)
        {
            code.push(register);
        }

        begin(code);
        code.mov(r13, Field(nameof(TileBlock.Prefetch)));
        code.mov(r12, Field(nameof(TileBlock.Activations)));
        code.mov(rdx, Field(nameof(TileBlock.Sums)));
        code.mov(r14, Field(nameof(TileBlock.Strips)));

        code.Label(ref nextStrip);
        code.mov(r10, Field(nameof(TileBlock.Weights)));
        code.mov(r11, r12);
        code.mov(rbp, Field(nameof(TileBlock.Scales)));
        code.mov(rbx, Field(nameof(TileBlock.Groups)));

        code.Label(ref nextGroup);
        if (halfSteps)
        {
            code.mov(r15d, 1);
        }
        else
        {
            code.mov(r15, Field(nameof(TileBlock.GroupSteps)));
            code.cmp(rbx, 1);
            code.cmove(r15, Field(nameof(TileBlock.LastGroupSteps)));
        }

        group(code);
        Advance(code, halfSteps);
        code.add(rbp, ScaleBytes);
        code.dec(rbx);
        code.jne(nextGroup);

        code.add(r12, Field(nameof(TileBlock.StripBytes)));
        code.add(rdx, SumBytes);
        code.dec(r14);
        code.jne(nextStrip);

        end(code);
        code.vzeroupper();
        foreach (AssemblerRegister64 register in _saved.Reverse())
        {
            code.pop(register);
        }

        code.ret();
        data(code);
        return code;
    }

    /// <summary>Gets the operand of a field of the block.</summary>
    public static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<TileBlock>(name)];

    /// <summary>Emits one of two codes: the first group of a strip begins the sums, the others add to them.</summary>
    public static void IfFirstGroup(Assembler code, Action<bool> body)
    {
        Label first = code.CreateLabel(), done = code.CreateLabel();
        code.cmp(rbx, Field(nameof(TileBlock.Groups)));
        code.je(first);
        body(false);
        code.jmp(done);
        code.Label(ref first);
        body(true);
        code.Label(ref done);
        code.nop();
    }

    /// <summary>Emits the fetching of what the next panel is made of, once a step.</summary>
    public static void Prefetch(Assembler code)
    {
        for (int i = 0; i < TileBlock.PrefetchedPerStep; i += PinnedMemory.LineBytes)
        {
            code.prefetcht1(__byte_ptr[r13 + i]);
        }

        code.add(r13, TileBlock.PrefetchedPerStep);
    }

    private static void Advance(Assembler code, bool halfSteps)
    {
        if (!halfSteps)
        {
            code.shl(r15, (byte)int.Log2(TileLayout.StepBytes));
            code.add(r10, r15);
            code.add(r11, r15);
            return;
        }

        // The second half of a step lies 32 bytes on in every row of the weights, and 8 rows on in the activations.
        const int WeightHalf = TileLayout.RowBytes / 2, ActivationHalf = TileLayout.TileBytes / 2;
        Label odd = code.CreateLabel(), done = code.CreateLabel();
        code.mov(rax, Field(nameof(TileBlock.Groups)));
        code.sub(rax, rbx);
        code.test(al, 1);
        code.jne(odd);
        code.add(r10, WeightHalf);
        code.add(r11, ActivationHalf);
        code.jmp(done);
        code.Label(ref odd);
        code.add(r10, TileLayout.StepBytes - WeightHalf);
        code.add(r11, TileLayout.StepBytes - ActivationHalf);
        code.Label(ref done);
    }
}
