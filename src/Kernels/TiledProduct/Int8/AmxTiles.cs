using Iced.Intel;
using OutlierQuant.Kernels.MachineCode;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>Emits the int8 microkernel on the tile registers of AMX: 2 × 2 tiles of sums, 4 tile loads for 4 products.</summary>
/// <remarks>
/// <para>A step of 4 products takes 64 cycles of the tile unit and 32 of the load ports. The tile configuration is set and released inside the function,
/// about 140 ns a call, so that no tile state is ever live in managed code; one call covers several strips and all groups.</para>
/// <para>After a group the sums go through 4 KiB of first-level cache to vectors, where they are scaled: 32 × (2 loads, 2 fused multiply-adds, 2 stores).</para>
/// </remarks>
internal static class AmxTiles
{
    private const int SumRowBytes = TileLayout.StripTokens * sizeof(float);
    private const int RowsPerRound = 4;

    /// <summary>Gets the int8 microkernel: <c>tdpbssd</c>, signed by signed.</summary>
    public static TileMicrokernel Int8 { get; } = new EmittedTileKernel("amx", needsOwnThreads: true, needsStarts: false, Int8Code);

    /// <summary>Assembles the int8 microkernel.</summary>
    /// <param name="halfSteps">Whether a group is half a step.</param>
    public static Assembler Int8Code(bool halfSteps)
    {
        Label configuration = default;
        return TileLoops.Emit(
            halfSteps,
            begin: code =>
            {
                configuration = code.CreateLabel();
                code.ldtilecfg(__[configuration]);
            },
            group: code =>
            {
                EmitProducts(code);
                EmitScaling(code);
            },
            end: code => code.tilerelease(),
            data: code =>
            {
                code.Label(ref configuration);
                code.db(TileConfiguration.Of(tile => Shape(tile, halfSteps)));
            });
    }

    // Tiles 0–3 are sums, 4 and 5 weights, 6 and 7 activations.
    private static (int Rows, int RowBytes) Shape(int tile, bool halfSteps) =>
        (halfSteps && tile is 6 or 7 ? TileLayout.TileRows / 2 : TileLayout.TileRows, halfSteps && tile is 4 or 5 ? TileLayout.RowBytes / 2 : TileLayout.RowBytes);

    private static void EmitProducts(Assembler code)
    {
        Label nextStep = code.CreateLabel();
        code.mov(r9d, TileLayout.RowBytes);
        code.tilezero(tmm0);
        code.tilezero(tmm1);
        code.tilezero(tmm2);
        code.tilezero(tmm3);
        code.mov(rax, r10);
        code.mov(rcx, r11);
        code.mov(r8, r15);

        // Each product starts as soon as its operands are there.
        code.Label(ref nextStep);
        code.tileloadd(tmm4, __[rax + (r9 * 1)]);
        code.tileloadd(tmm6, __[rcx + (r9 * 1)]);
        code.tdpbssd(tmm0, tmm4, tmm6);
        code.tileloadd(tmm7, __[rcx + (r9 * 1) + TileLayout.TileBytes]);
        code.tdpbssd(tmm1, tmm4, tmm7);
        code.tileloadd(tmm5, __[rax + (r9 * 1) + TileLayout.TileBytes]);
        code.tdpbssd(tmm2, tmm5, tmm6);
        code.tdpbssd(tmm3, tmm5, tmm7);
        TileLoops.Prefetch(code);
        code.add(rax, TileLayout.StepBytes);
        code.add(rcx, TileLayout.StepBytes);
        code.dec(r8);
        code.jne(nextStep);
    }

    /// <summary>Stores the tiles as 32 rows of 32 tokens, and adds them, scaled, to the sums of the strip.</summary>
    private static void EmitScaling(Assembler code)
    {
        const int SecondTokens = TileLayout.RowBytes, SecondRows = TileLayout.TileRows * SumRowBytes;
        code.mov(rax, TileLoops.Field(nameof(TileBlock.Scratch)));
        code.mov(r9d, SumRowBytes);
        code.tilestored(__[rax + (r9 * 1)], tmm0);
        code.tilestored(__[rax + (r9 * 1) + SecondTokens], tmm1);
        code.tilestored(__[rax + (r9 * 1) + SecondRows], tmm2);
        code.tilestored(__[rax + (r9 * 1) + SecondRows + SecondTokens], tmm3);
        TileLoops.IfFirstGroup(code, isFirst =>
        {
            Label nextRows = code.CreateLabel();
            code.mov(rsi, rbp);
            code.xor(ecx, ecx);
            code.Label(ref nextRows);
            for (int row = 0; row < RowsPerRound; row++)
            {
                code.vbroadcastss(zmm16, __dword_ptr[rsi + (sizeof(float) * row)]);
                EmitScaledRow(code, zmm17, (row * SumRowBytes), isFirst);
                EmitScaledRow(code, zmm18, (row * SumRowBytes) + SecondTokens, isFirst);
            }

            code.add(rsi, RowsPerRound * sizeof(float));
            code.add(ecx, RowsPerRound * SumRowBytes);
            code.cmp(ecx, TileLayout.PairRows * SumRowBytes);
            code.jne(nextRows);
        });
    }

    private static void EmitScaledRow(Assembler code, AssemblerRegisterZMM row, int offset, bool isFirst)
    {
        code.vcvtdq2ps(row, __zmmword_ptr[rax + rcx + offset]);
        if (isFirst)
        {
            code.vmulps(row, row, zmm16);
        }
        else
        {
            code.vfmadd213ps(row, zmm16, __zmmword_ptr[rdx + rcx + offset]);
        }

        code.vmovups(__zmmword_ptr[rdx + rcx + offset], row);
    }
}
