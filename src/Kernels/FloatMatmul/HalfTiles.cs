using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using OutlierQuant.Kernels.MachineCode;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>The innermost loop of <see cref="SharedDotProducts{TLanes, TVector, TElement}"/> over F16 weights, emitted: <c>vcvtph2ps</c> widens them in the registers that multiply them.</summary>
/// <remarks>Sums have the order, and so the bits, of the same loop over eight lanes in C#.</remarks>
internal static unsafe class HalfTiles
{
    /// <summary>Columns that a round of the loop takes.</summary>
    public const int Width = HalfWidening.Width;

    private static readonly ExecutableMemory[] _code = HalfWidening.IsAvailable && Fma.IsSupported
        ? [.. Enumerable.Range(1, DotTiles.MostTokens).Select(tokens => new ExecutableMemory(Assemble(tokens)))]
        : [];

    /// <summary>Gets a value indicating whether the processor has the instructions, and code can be emitted.</summary>
    public static bool IsAvailable => _code.Length > 0;

    /// <summary>Adds the products of some columns to the sums of 3 rows and 1 to 4 tokens. Only where <see cref="IsAvailable"/>.</summary>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="x">First activation; tokens are <paramref name="count"/> apart.</param>
    /// <param name="w">First weight of the first row, of any alignment.</param>
    /// <param name="stride">Weights from one row to the next.</param>
    /// <param name="count">Columns, a positive multiple of <see cref="Width"/>.</param>
    /// <param name="next">What a round fetches ahead of time; any address will do.</param>
    /// <param name="step">Bytes by which it moves in a round.</param>
    /// <param name="sums">The sums, vectors of 8. Shape <c>[tokens, 3, 8]</c>.</param>
    public static void Add(int tokens, ref float x, ref byte w, nuint stride, nuint count, ref byte next, nuint step, ref float sums)
    {
        fixed (float* activations = &x, total = &sums)
        fixed (byte* weights = &w, ahead = &next)
        {
            var code = (delegate* unmanaged[SuppressGCTransition]<float*, byte*, nuint, nuint, byte*, nuint, float*, void>)_code[tokens - 1].Address;
            code(activations, weights, stride, count, ahead, step, total);
        }
    }

    /// <summary>Assembles the loop for a number of tokens: System V calling convention, the arguments of <see cref="Add"/> without the first.</summary>
    /// <remarks><code>
    /// rdi, r10, r11, rbx  ends of the tokens       r8   next        ymm0–11   sums, three of each token
    /// rsi, rdx, rbp       ends of the rows         r9   step        ymm12–14  weights
    /// rcx                 −columns left            rax  sums        ymm15     activations
    /// </code></remarks>
    internal static Assembler Assemble(int tokens)
    {
        Assembler code = new(64);
        AssemblerRegister64[] x = [rdi, r10, r11, rbx], w = [rsi, rdx, rbp];
        AssemblerRegisterYMM[] sums = [ymm0, ymm1, ymm2, ymm3, ymm4, ymm5, ymm6, ymm7, ymm8, ymm9, ymm10, ymm11], weights = [ymm12, ymm13, ymm14];
        code.push(rbx);
        code.push(rbp);
        code.mov(rax, __qword_ptr[rsp + 24]);
        for (int i = 0; i < tokens * DotTiles.Rows; i++)
        {
            code.vmovups(sums[i], __ymmword_ptr[rax + (i * 32)]);
        }

        code.lea(rdi, __[rdi + (rcx * sizeof(float))]);
        for (int t = 1; t < tokens; t++)
        {
            code.lea(x[t], __[x[t - 1] + (rcx * sizeof(float))]);
        }

        code.lea(rsi, __[rsi + (rcx * sizeof(ushort))]);
        code.lea(rbp, __[rsi + (rdx * (2 * sizeof(ushort)))]);
        code.lea(rdx, __[rsi + (rdx * sizeof(ushort))]);
        code.neg(rcx);

        Label round = code.CreateLabel();
        code.Label(ref round);
        code.prefetcht1(__byte_ptr[r8]);
        code.add(r8, r9);
        for (int r = 0; r < DotTiles.Rows; r++)
        {
            code.vcvtph2ps(weights[r], __xmmword_ptr[w[r] + (rcx * sizeof(ushort))]);
        }

        for (int t = 0; t < tokens; t++)
        {
            code.vmovups(ymm15, __ymmword_ptr[x[t] + (rcx * sizeof(float))]);
            for (int r = 0; r < DotTiles.Rows; r++)
            {
                code.vfmadd231ps(sums[(t * DotTiles.Rows) + r], ymm15, weights[r]);
            }
        }

        code.add(rcx, Width);
        code.jne(round);
        for (int i = 0; i < tokens * DotTiles.Rows; i++)
        {
            code.vmovups(__ymmword_ptr[rax + (i * 32)], sums[i]);
        }

        code.vzeroupper();
        code.pop(rbp);
        code.pop(rbx);
        code.ret();
        return code;
    }
}
