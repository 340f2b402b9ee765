using Iced.Intel;
using OutlierQuant.Kernels.MachineCode;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>The innermost loop of <see cref="TiledProducts{TLanes, TVector, TElement}"/> on 512-bit vectors, emitted: 12 tokens times two vectors of rows of sums in registers.</summary>
/// <remarks>The just-in-time compiler keeps no 24 sums in registers. An element has the bits of the same loop in C#: its products are added in order, by fused multiply-adds.</remarks>
internal static unsafe class WideTile
{
    /// <summary>Tokens of a tile.</summary>
    public const int Tokens = 12;

    private const int VectorBytes = 64;

    private static readonly AssemblerRegisterZMM[] _sums =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15, zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23,
    ];

    private static readonly ExecutableMemory? _store = CanEmit ? new(Assemble(adds: false)) : null;
    private static readonly ExecutableMemory? _add = CanEmit ? new(Assemble(adds: true)) : null;

    /// <summary>Gets a value indicating whether the processor has 512-bit vectors, and code can be emitted.</summary>
    public static bool IsAvailable => _add is not null;

    private static bool CanEmit => VectorHardware.Avx512UnavailableBecause is null && ExecutableMemory.UnavailableBecause is null;

    /// <summary>Computes the products of 12 tokens and 32 rows. Only where <see cref="IsAvailable"/>.</summary>
    /// <param name="tile">Activations. Shape <c>[12, tileStride]</c>.</param>
    /// <param name="tileStride">Floats from one token to the next in the tile.</param>
    /// <param name="panel">Weights. Shape <c>[columns, 32]</c>.</param>
    /// <param name="columns">Input features, positive.</param>
    /// <param name="destination">Receives the products of each token's 32 rows, or has them added.</param>
    /// <param name="stride">Floats from one token to the next in the destination.</param>
    /// <param name="adds">Whether products are added to what is there.</param>
    public static void Multiply(ref float tile, nuint tileStride, ref float panel, nuint columns, ref float destination, nint stride, bool adds)
    {
        fixed (float* activations = &tile, weights = &panel, sums = &destination)
        {
            var code = (delegate* unmanaged[SuppressGCTransition]<float*, float*, nuint, float*, nint, nuint, void>)(adds ? _add : _store)!.Address;
            code(activations, weights, columns, sums, stride * sizeof(float), tileStride * sizeof(float));
        }
    }

    /// <summary>Assembles the loop: System V calling convention.</summary>
    /// <remarks><code>
    /// rdi, r10, r11  tokens 0, 4 and 8 of the tile     rsi  the panel         rcx  the destination
    /// r9, rax        one and three tokens in bytes     rdx  columns left      r8   its stride in bytes
    /// </code></remarks>
    internal static Assembler Assemble(bool adds)
    {
        Assembler code = new(64) { PreferVex = false };
        Label round = code.CreateLabel();
        code.mov(rax, rcx);
        for (int token = 0; token < Tokens; token++)
        {
            code.vpxord(_sums[2 * token], _sums[2 * token], _sums[2 * token]);
            code.vpxord(_sums[(2 * token) + 1], _sums[(2 * token) + 1], _sums[(2 * token) + 1]);
            code.prefetcht0(__byte_ptr[rax]);
            code.prefetcht0(__byte_ptr[rax + VectorBytes]);
            code.add(rax, r8);
        }

        AssemblerRegister64[] tile = [rdi, r10, r11];
        code.lea(rax, __[r9 + (r9 * 2)]);
        code.lea(r10, __[rdi + (r9 * 4)]);
        code.lea(r11, __[rdi + (r9 * 8)]);
        code.Label(ref round);
        code.vmovups(zmm24, __zmmword_ptr[rsi]);
        code.vmovups(zmm25, __zmmword_ptr[rsi + VectorBytes]);
        for (int token = 0; token < Tokens; token++)
        {
            AssemblerRegisterZMM activation = token % 2 == 0 ? zmm26 : zmm27;
            AssemblerRegister64 first = tile[token / 4];
            code.vbroadcastss(activation, (token % 4) switch { 0 => __dword_ptr[first], 1 => __dword_ptr[first + r9], 2 => __dword_ptr[first + (r9 * 2)], _ => __dword_ptr[first + rax] });
            code.vfmadd231ps(_sums[2 * token], activation, zmm24);
            code.vfmadd231ps(_sums[(2 * token) + 1], activation, zmm25);
        }

        Array.ForEach(tile, tokens => code.add(tokens, sizeof(float)));
        code.add(rsi, 2 * VectorBytes);
        code.dec(rdx);
        code.jne(round);
        for (int token = 0; token < Tokens; token++)
        {
            for (int vector = 0; vector < 2; vector++)
            {
                AssemblerRegisterZMM sum = _sums[(2 * token) + vector];
                AssemblerMemoryOperand place = __zmmword_ptr[rcx + (vector * VectorBytes)];
                if (adds)
                {
                    code.vaddps(sum, sum, place);
                }

                code.vmovups(place, sum);
            }

            code.add(rcx, r8);
        }

        code.vzeroupper();
        code.ret();
        return code;
    }
}
