using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>Emits the int8 microkernel on 512-bit <c>vpdpbusd</c>, which the class library lacks: 16 features by 16 tokens of sums in registers.</summary>
/// <remarks>
/// <para>A register holds one feature and 16 tokens. A row of an activation tile, four columns of 16 tokens, is raised to unsigned bytes and multiplied by the same
/// four columns of each feature, broadcast from memory: 17 loads and 17 vector instructions for 16 × 64 products, and both ports allow two a cycle.</para>
/// <para>Raising adds 128 times the sum of a feature's codes, which <see cref="TileBlock.Starts"/> takes off; <c>vpdpbusd</c> wraps, so that the result is exact
/// wherever the true sum fits in 32 bits.</para>
/// </remarks>
internal static class Avx512VnniTiles
{
    // With this bias all offsets within a tile of weights fit in the one-byte displacement of a broadcast (−512 … 508).
    private const int Bias = TileLayout.TileBytes / 2;

    private const int SumRowBytes = TileLayout.StripTokens * sizeof(float);

    private static readonly AssemblerRegisterZMM[] _sums =
        [zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15];

    /// <summary>Gets the microkernel.</summary>
    public static TileMicrokernel Int8 { get; } = new EmittedTileKernel("avx512vnni", needsOwnThreads: false, needsStarts: true, Int8Code);

    /// <summary>Assembles the microkernel.</summary>
    /// <param name="halfSteps">Whether a group is half a step.</param>
    public static Assembler Int8Code(bool halfSteps) => TileLoops.Emit(
        halfSteps,
        begin: code =>
        {
            code.mov(eax, 0x80808080);
            code.vpbroadcastd(zmm31, eax);
        },
        group: code =>
        {
            for (int quarter = 0; quarter < 4; quarter++)
            {
                EmitQuarter(code, quarter / 2, quarter % 2, halfSteps);
            }
        },
        end: _ => { },
        data: _ => { });

    /// <summary>One of the two tiles of features by one of the two tiles of tokens.</summary>
    private static void EmitQuarter(Assembler code, int features, int tokens, bool halfSteps)
    {
        // Starts and scales have the same shape, so the same distance from the first group leads to both.
        code.mov(rsi, rbp);
        code.sub(rsi, TileLoops.Field(nameof(TileBlock.Scales)));
        code.add(rsi, TileLoops.Field(nameof(TileBlock.Starts)));
        for (int row = 0; row < TileLayout.TileRows; row++)
        {
            code.vpbroadcastd(_sums[row], __dword_ptr[rsi + (sizeof(int) * ((features * TileLayout.TileRows) + row))]);
        }

        Label nextStep = code.CreateLabel();
        code.lea(rax, __[r10 + (features * TileLayout.TileBytes) + Bias]);
        code.lea(rcx, __[r11 + (tokens * TileLayout.TileBytes)]);
        code.mov(r8, r15);
        code.Label(ref nextStep);
        for (int quad = 0; quad < (halfSteps ? 8 : 16); quad++)
        {
            code.vpxord(zmm16, zmm31, __zmmword_ptr[rcx + (quad * TileLayout.RowBytes)]);
            for (int row = 0; row < TileLayout.TileRows; row++)
            {
                code.vpdpbusd(_sums[row], zmm16, __dword_bcst[rax + (row * TileLayout.RowBytes) + (quad * 4) - Bias]);
            }
        }

        if (features == 0 && tokens == 0)
        {
            TileLoops.Prefetch(code);
        }

        code.add(rax, TileLayout.StepBytes);
        code.add(rcx, TileLayout.StepBytes);
        code.dec(r8);
        code.jne(nextStep);
        TileLoops.IfFirstGroup(code, isFirst =>
        {
            for (int row = 0; row < TileLayout.TileRows; row++)
            {
                int feature = (features * TileLayout.TileRows) + row;
                AssemblerMemoryOperand sums = __zmmword_ptr[rdx + (feature * SumRowBytes) + (tokens * TileLayout.RowBytes)];
                code.vcvtdq2ps(_sums[row], _sums[row]);
                code.vbroadcastss(zmm16, __dword_ptr[rbp + (sizeof(float) * feature)]);
                if (isFirst)
                {
                    code.vmulps(_sums[row], _sums[row], zmm16);
                }
                else
                {
                    code.vfmadd213ps(_sums[row], zmm16, sums);
                }

                code.vmovups(sums, _sums[row]);
            }
        });
    }
}
