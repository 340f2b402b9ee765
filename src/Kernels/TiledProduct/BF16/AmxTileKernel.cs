using System.Runtime.InteropServices;
using Iced.Intel;
using OutlierQuant.Kernels.MachineCode;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>The tile products with <c>tdpbf16ps</c>, as emitted code.</summary>
/// <remarks>
/// <para>Four tiles of sums stay in registers over all products of an item; a step loads two tiles of weights and two of activations for four products, which take 64
/// cycles. The tiles are configured and released inside the function, about 140 ns a call, so that no tile state is ever live in managed code.</para>
/// <code>
/// rdi  the steps                  r8   items left          rax  weights of the step       r9  64, bytes of a tile's row
/// r10  weights of the item        r11  products left       rcx  activations of the step
/// rdx  sums of the item           rbx  steps left          rsi  offsets of the product
/// </code>
/// </remarks>
internal sealed unsafe class AmxTileKernel : IBF16TileKernel
{
    private const int RowBytes = BF16Tile.Bytes / BF16Tile.Side;

    private readonly Lazy<ExecutableMemory> _code = new(() => new ExecutableMemory(Assemble()));

    /// <inheritdoc/>
    public string Name => "amx";

    /// <inheritdoc/>
    public bool NeedsOwnThreads => true;

    /// <inheritdoc/>
    public void Multiply(in TileSteps steps)
    {
        AlternateSignalStack.RequireHere("The bf16 kernel 'amx'");
        fixed (TileSteps* argument = &steps)
        {
            ((delegate* unmanaged<TileSteps*, void>)_code.Value.Address)(argument);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Assembles the function: System V calling convention, one argument, the address of <see cref="TileSteps"/>.</summary>
    internal static Assembler Assemble()
    {
        Assembler code = new(64);
        Label configuration = code.CreateLabel(), nextItem = code.CreateLabel(), nextProduct = code.CreateLabel(), nextStep = code.CreateLabel();
        code.push(rbx);
        code.ldtilecfg(__[configuration]);
        code.mov(r9d, RowBytes);
        code.mov(r10, Field(nameof(TileSteps.Weights)));
        code.mov(rdx, Field(nameof(TileSteps.Sums)));
        code.mov(r8, Field(nameof(TileSteps.Items)));

        code.Label(ref nextItem);
        code.tilezero(tmm0);
        code.tilezero(tmm1);
        code.tilezero(tmm2);
        code.tilezero(tmm3);
        code.mov(rsi, Field(nameof(TileSteps.Products)));
        code.mov(r11, Field(nameof(TileSteps.ProductCount)));

        code.Label(ref nextProduct);
        code.mov(rax, __qword_ptr[rsi]);
        code.add(rax, r10);
        code.mov(rcx, __qword_ptr[rsi + sizeof(long)]);
        code.add(rcx, Field(nameof(TileSteps.Activations)));
        code.mov(rbx, Field(nameof(TileSteps.ColumnTiles)));

        // Each product starts as soon as its operands are there.
        code.Label(ref nextStep);
        code.tileloadd(tmm4, __[rax + (r9 * 1)]);
        code.tileloadd(tmm6, __[rcx + (r9 * 1)]);
        code.tdpbf16ps(tmm0, tmm4, tmm6);
        code.tileloadd(tmm7, __[rcx + (r9 * 1) + BF16Tile.Bytes]);
        code.tdpbf16ps(tmm1, tmm4, tmm7);
        code.tileloadd(tmm5, __[rax + (r9 * 1) + BF16Tile.Bytes]);
        code.tdpbf16ps(tmm2, tmm5, tmm6);
        code.tdpbf16ps(tmm3, tmm5, tmm7);
        code.add(rax, BF16Tile.PairBytes);
        code.add(rcx, BF16Tile.PairBytes);
        code.dec(rbx);
        code.jne(nextStep);

        code.add(rsi, 2 * sizeof(long));
        code.dec(r11);
        code.jne(nextProduct);

        code.tilestored(__[rdx + (r9 * 1)], tmm0);
        code.tilestored(__[rdx + (r9 * 1) + BF16Tile.Bytes], tmm1);
        code.tilestored(__[rdx + (r9 * 1) + (2 * BF16Tile.Bytes)], tmm2);
        code.tilestored(__[rdx + (r9 * 1) + (3 * BF16Tile.Bytes)], tmm3);
        code.add(rdx, 4 * BF16Tile.Bytes);
        code.add(r10, Field(nameof(TileSteps.ItemStride)));
        code.dec(r8);
        code.jne(nextItem);

        code.tilerelease();
        code.pop(rbx);
        code.ret();
        code.Label(ref configuration);
        code.db(TileConfiguration.Largest());
        return code;
    }

    private static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<TileSteps>(name)];
}
