using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using OutlierQuant.Kernels.MachineCode;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>The innermost loop of <see cref="SharedDotProducts{TLanes, TVector, TElement}"/> over F16 weights, emitted: <c>vcvtph2ps</c> widens them in the registers that multiply them.</summary>
/// <remarks>Sums have the order, and so the bits, of the same loop over 8 or 16 lanes in C#.</remarks>
internal static unsafe class HalfTiles
{
    private const int Weight = DotTiles.Rows * DotTiles.MostTokens;
    private const int Activation = Weight + DotTiles.Rows;
    private const int NarrowLanes = 8;
    private const int WideLanes = 16;

    private static readonly AssemblerRegisterYMM[] _ymm = [ymm0, ymm1, ymm2, ymm3, ymm4, ymm5, ymm6, ymm7, ymm8, ymm9, ymm10, ymm11, ymm12, ymm13, ymm14, ymm15];
    private static readonly AssemblerRegisterZMM[] _zmm = [zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15];
    private static readonly ExecutableMemory[] _narrow = HalfWidening.IsAvailable && Fma.IsSupported ? AssembleAll(NarrowLanes) : [];
    private static readonly ExecutableMemory[] _wide = HalfWidening.IsAvailable && VectorHardware.Avx512UnavailableBecause is null ? AssembleAll(WideLanes) : [];

    /// <summary>Says whether the processor has the instructions for so many lanes, and code can be emitted.</summary>
    public static bool IsAvailable(int lanes) => lanes switch
    {
        NarrowLanes => _narrow.Length > 0,
        WideLanes => _wide.Length > 0,
        _ => false,
    };

    /// <summary>Adds the products of some columns to the sums of 3 rows and 1 to 4 tokens. Only where <see cref="IsAvailable"/>.</summary>
    /// <param name="lanes">Lanes of a vector: 8 or 16.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="x">First activation; tokens are <paramref name="count"/> apart.</param>
    /// <param name="w">First weight of the first row, of any alignment.</param>
    /// <param name="stride">Weights from one row to the next.</param>
    /// <param name="count">Columns, a positive multiple of the lanes.</param>
    /// <param name="next">What a round fetches ahead of time; any address will do.</param>
    /// <param name="step">Bytes by which it moves in a round.</param>
    /// <param name="sums">The sums. Shape <c>[tokens, 3, lanes]</c>.</param>
    public static void Add(int lanes, int tokens, ref float x, ref byte w, nuint stride, nuint count, ref byte next, nuint step, ref float sums)
    {
        fixed (float* activations = &x, total = &sums)
        fixed (byte* weights = &w, ahead = &next)
        {
            var code = (delegate* unmanaged[SuppressGCTransition]<float*, byte*, nuint, nuint, byte*, nuint, float*, void>)(lanes == WideLanes ? _wide : _narrow)[tokens - 1].Address;
            code(activations, weights, stride, count, ahead, step, total);
        }
    }

    private static ExecutableMemory[] AssembleAll(int lanes) => [.. Enumerable.Range(1, DotTiles.MostTokens).Select(tokens => new ExecutableMemory(Assemble(lanes, tokens)))];

    /// <summary>Assembles the loop for a number of tokens: System V calling convention, the arguments of <see cref="Add"/> without the first.</summary>
    /// <remarks><code>
    /// rdi, r10, r11, rbx  ends of the tokens       r8   next        vectors 0–11   sums, three of each token
    /// rsi, rdx, rbp       ends of the rows         r9   step        12–14          weights
    /// rcx                 −columns left            rax  sums        15             activations
    /// </code></remarks>
    private static Assembler Assemble(int lanes, int tokens)
    {
        Assembler code = new(64);
        AssemblerRegister64[] x = [rdi, r10, r11, rbx], w = [rsi, rdx, rbp];
        int bytes = lanes * sizeof(float);
        code.push(rbx);
        code.push(rbp);
        code.mov(rax, __qword_ptr[rsp + 24]);
        for (int i = 0; i < tokens * DotTiles.Rows; i++)
        {
            EmitLoad(code, lanes, i, __[rax + (i * bytes)]);
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
            EmitWidening(code, lanes, Weight + r, __[w[r] + (rcx * sizeof(ushort))]);
        }

        for (int t = 0; t < tokens; t++)
        {
            EmitLoad(code, lanes, Activation, __[x[t] + (rcx * sizeof(float))]);
            for (int r = 0; r < DotTiles.Rows; r++)
            {
                EmitProduct(code, lanes, (t * DotTiles.Rows) + r, Weight + r);
            }
        }

        code.add(rcx, lanes);
        code.jne(round);
        for (int i = 0; i < tokens * DotTiles.Rows; i++)
        {
            EmitStore(code, lanes, __[rax + (i * bytes)], i);
        }

        code.vzeroupper();
        code.pop(rbp);
        code.pop(rbx);
        code.ret();
        return code;
    }

    private static void EmitLoad(Assembler code, int lanes, int vector, AssemblerMemoryOperand source)
    {
        if (lanes == WideLanes)
        {
            code.vmovups(_zmm[vector], source);
        }
        else
        {
            code.vmovups(_ymm[vector], source);
        }
    }

    private static void EmitWidening(Assembler code, int lanes, int vector, AssemblerMemoryOperand source)
    {
        if (lanes == WideLanes)
        {
            code.vcvtph2ps(_zmm[vector], source);
        }
        else
        {
            code.vcvtph2ps(_ymm[vector], source);
        }
    }

    private static void EmitProduct(Assembler code, int lanes, int sum, int weight)
    {
        if (lanes == WideLanes)
        {
            code.vfmadd231ps(_zmm[sum], _zmm[Activation], _zmm[weight]);
        }
        else
        {
            code.vfmadd231ps(_ymm[sum], _ymm[Activation], _ymm[weight]);
        }
    }

    private static void EmitStore(Assembler code, int lanes, AssemblerMemoryOperand destination, int vector)
    {
        if (lanes == WideLanes)
        {
            code.vmovups(destination, _zmm[vector]);
        }
        else
        {
            code.vmovups(destination, _ymm[vector]);
        }
    }
}
