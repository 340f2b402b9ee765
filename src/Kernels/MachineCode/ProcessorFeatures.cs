using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.MachineCode;

/// <summary>What the processor offers beyond what the runtime reports: instructions that only emitted code can use.</summary>
/// <remarks>Intel, "Software Developer's Manual", volume 2A, CPUID leaves 1 and 7; volume 1, chapter 13, for the state bits of XCR0.</remarks>
internal sealed record ProcessorFeatures
{
    // XCR0 bits 17 and 18: the operating system saves tile configuration and tile data.
    private const ulong TileState = (1UL << 17) | (1UL << 18);

    private static readonly Lazy<ProcessorFeatures> _current = new(Read);

    /// <summary>Gets the features of this processor; none where the runtime gives no access to CPUID.</summary>
    public static ProcessorFeatures Current => _current.Value;

    public bool Avx2 { get; private init; }

    public bool F16C { get; private init; }

    /// <summary>Gets a value indicating whether AVX-512 F, BW, CD, DQ and VL are there.</summary>
    public bool Avx512 { get; private init; }

    public bool Avx512Vnni { get; private init; }

    public bool Avx512BF16 { get; private init; }

    public bool AmxTile { get; private init; }

    public bool AmxInt8 { get; private init; }

    public bool AmxBF16 { get; private init; }

    /// <summary>Gets a value indicating whether the operating system saves tile registers (XCR0).</summary>
    public bool SavesTiles { get; private init; }

    /// <summary>Interprets what CPUID and XGETBV return.</summary>
    /// <param name="leaf1">ECX of leaf 1.</param>
    /// <param name="leaf7">EBX, ECX and EDX of leaf 7, subleaf 0.</param>
    /// <param name="leaf7Second">EAX of leaf 7, subleaf 1.</param>
    /// <param name="enabledState">XCR0.</param>
    public static ProcessorFeatures Decode(uint leaf1, (uint Ebx, uint Ecx, uint Edx) leaf7, uint leaf7Second, ulong enabledState) => new()
    {
        F16C = Bit(leaf1, 29),
        Avx2 = Bit(leaf7.Ebx, 5),
        Avx512 = Bit(leaf7.Ebx, 16) && Bit(leaf7.Ebx, 17) && Bit(leaf7.Ebx, 28) && Bit(leaf7.Ebx, 30) && Bit(leaf7.Ebx, 31),
        Avx512Vnni = Bit(leaf7.Ecx, 11),
        Avx512BF16 = Bit(leaf7Second, 5),
        AmxBF16 = Bit(leaf7.Edx, 22),
        AmxTile = Bit(leaf7.Edx, 24),
        AmxInt8 = Bit(leaf7.Edx, 25),
        SavesTiles = (enabledState & TileState) == TileState,
    };

    private static ProcessorFeatures Read()
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
        {
            return new();
        }

        uint leaf1 = (uint)X86Base.CpuId(1, 0).Ecx;
        (int subleaves, int ebx, int ecx, int edx) = X86Base.CpuId(7, 0);
        uint second = subleaves > 0 ? (uint)X86Base.CpuId(7, 1).Eax : 0;
        ProcessorFeatures bare = Decode(leaf1, ((uint)ebx, (uint)ecx, (uint)edx), second, 0);

        // Only tiles need a look at the state: the runtime itself has checked that of vectors. Bit 27 says that XGETBV exists.
        return bare.AmxTile && Bit(leaf1, 27) && ExecutableMemory.UnavailableBecause is null
            ? Decode(leaf1, ((uint)ebx, (uint)ecx, (uint)edx), second, ReadEnabledState())
            : bare;
    }

    private static unsafe ulong ReadEnabledState()
    {
        Assembler assembler = new(64);
        assembler.xor(ecx, ecx);
        assembler.xgetbv();
        assembler.shl(rdx, 32);
        assembler.or(rax, rdx);
        assembler.ret();
        using ExecutableMemory code = new(assembler);
        return ((delegate* unmanaged<ulong>)code.Address)();
    }

    private static bool Bit(uint register, int bit) => ((register >> bit) & 1) != 0;
}
