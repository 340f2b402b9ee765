using Iced.Intel;
using OutlierQuant.Kernels.MachineCode;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Benchmarks.Ceilings;

/// <summary>Loops over instructions that C# has no name for: 512-bit <c>vpdpbusd</c> and <c>vdpbf16ps</c>, and the tile products of AMX.</summary>
/// <remarks>
/// A loop is a function of (operands, tile configuration, sums, rounds). It loads its operands, goes round, and stores its first sum, so that a test can
/// check that the loop computed what it is said to. Tiles are configured and released inside, as everywhere.
/// </remarks>
internal sealed unsafe class EmittedLoop : IDisposable
{
    /// <summary>Bytes of a tile: 16 rows of 64.</summary>
    public const int TileBytes = TileConfiguration.MostRows * TileConfiguration.MostRowBytes;

    private const int TileRowBytes = TileConfiguration.MostRowBytes, TileRows = TileConfiguration.MostRows;
    private const int VectorSums = 10;
    private const int OperandBytes = 4 * TileBytes;

    private readonly ExecutableMemory _code;
    private readonly byte[] _operands = GC.AllocateArray<byte>(OperandBytes, pinned: true);
    private readonly byte[] _configuration = TileConfiguration.Largest();
    private readonly byte[] _sums = GC.AllocateArray<byte>(TileBytes, pinned: true);

    private EmittedLoop(Action<Assembler> emit)
    {
        Assembler assembler = new(64);
        emit(assembler);
        _code = new ExecutableMemory(assembler);
        new Random(1).NextBytes(_operands);
    }

    /// <summary>Gets the operands: for vectors the unsigned and then the signed bytes, for tiles two of each side.</summary>
    public Span<byte> Operands => _operands;

    /// <summary>Gets the first sum of the last call.</summary>
    public ReadOnlySpan<byte> Sums => _sums;

    /// <summary>Makes the 512-bit <c>vpdpbusd</c> loop: unsigned by signed bytes, ten sums.</summary>
    public static EmittedLoop Vnni512() => new(static code => EmitVectors(code, code.vpdpbusd));

    /// <summary>Makes the 512-bit <c>vdpbf16ps</c> loop: pairs of bfloat16 by pairs, ten sums.</summary>
    public static EmittedLoop Avx512BF16() => new EmittedLoop(static code => EmitVectors(code, code.vdpbf16ps)).WithNumbersAroundOne();

    /// <summary>Makes the loop of four <c>tdpbssd</c>: two tiles of signed bytes by two.</summary>
    public static EmittedLoop AmxInt8() => new(static code => EmitTiles(code, code.tdpbssd));

    /// <summary>Makes the loop of four <c>tdpbf16ps</c>: two tiles of bfloat16 by two.</summary>
    public static EmittedLoop AmxBF16() => new EmittedLoop(static code => EmitTiles(code, code.tdpbf16ps)).WithNumbersAroundOne();

    /// <summary>Gets the operations of a round of vectors: ten sums of 64 bytes of products.</summary>
    /// <param name="elementBytes">Bytes of an element.</param>
    public static double VectorOperations(int elementBytes) => 2.0 * VectorSums * (TileRowBytes / elementBytes);

    /// <summary>Gets the operations of a round of tiles: four products of 16 × 16 sums over a row of elements.</summary>
    /// <param name="elementBytes">Bytes of an element.</param>
    public static double TileOperations(int elementBytes) => 2.0 * 4 * TileRows * TileRows * (TileRowBytes / elementBytes);

    /// <summary>Runs the loop. Tiles may run on the team's own threads only.</summary>
    public void Run(long rounds)
    {
        fixed (byte* operands = _operands, configuration = _configuration, sums = _sums)
        {
            ((delegate* unmanaged<byte*, byte*, byte*, long, void>)_code.Address)(operands, configuration, sums, rounds);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Frees the code.</summary>
    public void Dispose() => _code.Dispose();

    // Random bits would be infinities too.
    private EmittedLoop WithNumbersAroundOne()
    {
        for (int i = 1; i < OperandBytes; i += 2)
        {
            _operands[i] = (byte)((_operands[i] & 0x80) | 0x3F);
        }

        return this;
    }

    private static void EmitVectors(Assembler code, Action<AssemblerRegisterZMM, AssemblerRegisterZMM, AssemblerRegisterZMM> multiply)
    {
        Label round = code.CreateLabel();
        code.vmovdqu32(zmm30, __[rdi]);
        code.vmovdqu32(zmm31, __[rdi + TileRowBytes]);
        AssemblerRegisterZMM[] sums = [zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25];
        Array.ForEach(sums, sum => code.vpxord(sum, sum, sum));
        code.Label(ref round);
        Array.ForEach(sums, sum => multiply(sum, zmm30, zmm31));
        code.dec(rcx);
        code.jnz(round);
        code.vmovdqu32(__[rdx], zmm16);
        code.vzeroupper();
        code.ret();
    }

    private static void EmitTiles(Assembler code, Action<AssemblerRegisterTMM, AssemblerRegisterTMM, AssemblerRegisterTMM> multiply)
    {
        Label round = code.CreateLabel();
        code.ldtilecfg(__[rsi]);
        code.mov(eax, TileRowBytes);
        AssemblerRegisterTMM[] sums = [tmm0, tmm1, tmm2, tmm3], operands = [tmm4, tmm5, tmm6, tmm7];
        for (int i = 0; i < operands.Length; i++)
        {
            code.tileloadd(operands[i], __[rdi + rax + (i * TileBytes)]);
            code.tilezero(sums[i]);
        }

        code.Label(ref round);
        multiply(tmm0, tmm4, tmm6);
        multiply(tmm1, tmm4, tmm7);
        multiply(tmm2, tmm5, tmm6);
        multiply(tmm3, tmm5, tmm7);
        code.dec(rcx);
        code.jnz(round);
        code.tilestored(__[rdx + rax], tmm0);
        code.tilerelease();
        code.ret();
    }
}
