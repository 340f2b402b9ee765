using System.Runtime.InteropServices;
using Iced.Intel;
using OutlierQuant.Kernels.MachineCode;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>The tile products with 512-bit <c>vdpbf16ps</c>, as emitted code: 16 output features by 16 tokens of sums in registers.</summary>
/// <remarks>
/// <para>A register holds one feature and 16 tokens. A row of an activation tile, two columns of 16 tokens, is multiplied by the same two columns of each feature, broadcast from memory.
/// The instruction rounds after each of its two products, so elements differ in rounding from those of <c>tdpbf16ps</c>.</para>
/// <code>
/// rdi  the steps                  r8   items left          rax  weights of the step       rsi  offsets of the product
/// r10  weights of the item        r11  products left       rcx  activations of the step   rdx  sums of the tile
/// rbx  steps left
/// </code>
/// </remarks>
internal sealed unsafe class Avx512TileKernel : IBF16TileKernel
{
    private const int RowBytes = BF16Tile.Bytes / BF16Tile.Side;

    // With this bias all offsets within a tile of weights fit in the one-byte displacement of a broadcast (−512 … 508).
    private const int Bias = BF16Tile.Bytes / 2;

    private static readonly AssemblerRegisterZMM[] _sums =
        [zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15];

    private readonly Lazy<ExecutableMemory> _code = new(() => new ExecutableMemory(Assemble()));

    /// <inheritdoc/>
    public string Name => "avx512bf16";

    /// <inheritdoc/>
    public bool NeedsOwnThreads => false;

    /// <inheritdoc/>
    public void Multiply(in TileSteps steps)
    {
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
        Label nextItem = code.CreateLabel();
        code.push(rbx);
        code.mov(r10, Field(nameof(TileSteps.Weights)));
        code.mov(rdx, Field(nameof(TileSteps.Sums)));
        code.mov(r8, Field(nameof(TileSteps.Items)));

        code.Label(ref nextItem);
        for (int tile = 0; tile < 4; tile++)
        {
            EmitTile(code, tile / 2 * BF16Tile.Bytes, tile % 2 * BF16Tile.Bytes);
        }

        code.add(r10, Field(nameof(TileSteps.ItemStride)));
        code.dec(r8);
        code.jne(nextItem);

        code.vzeroupper();
        code.pop(rbx);
        code.ret();
        return code;
    }

    private static void EmitTile(Assembler code, int weights, int activations)
    {
        Label nextProduct = code.CreateLabel(), nextStep = code.CreateLabel();
        foreach (AssemblerRegisterZMM sum in _sums)
        {
            code.vpxord(sum, sum, sum);
        }

        code.mov(rsi, Field(nameof(TileSteps.Products)));
        code.mov(r11, Field(nameof(TileSteps.ProductCount)));
        code.Label(ref nextProduct);
        code.mov(rax, __qword_ptr[rsi]);
        code.lea(rax, __[rax + r10 + (weights + Bias)]);
        code.mov(rcx, __qword_ptr[rsi + sizeof(long)]);
        code.add(rcx, Field(nameof(TileSteps.Activations)));
        code.mov(rbx, Field(nameof(TileSteps.ColumnTiles)));

        code.Label(ref nextStep);
        for (int pair = 0; pair < BF16Tile.Side; pair++)
        {
            code.vmovdqa64(zmm16, __zmmword_ptr[rcx + (activations + (pair * RowBytes))]);
            for (int row = 0; row < BF16Tile.Side; row++)
            {
                code.vdpbf16ps(_sums[row], zmm16, __dword_bcst[rax + ((row * RowBytes) + (pair * sizeof(uint)) - Bias)]);
            }
        }

        code.add(rax, BF16Tile.PairBytes);
        code.add(rcx, BF16Tile.PairBytes);
        code.dec(rbx);
        code.jne(nextStep);

        code.add(rsi, 2 * sizeof(long));
        code.dec(r11);
        code.jne(nextProduct);
        for (int row = 0; row < BF16Tile.Side; row++)
        {
            code.vmovups(__zmmword_ptr[rdx + (row * RowBytes)], _sums[row]);
        }

        code.add(rdx, BF16Tile.Bytes);
    }

    private static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<TileSteps>(name)];
}
