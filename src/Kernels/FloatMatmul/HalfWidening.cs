using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using OutlierQuant.Kernels.MachineCode;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>Widens binary16 values with <c>vcvtph2ps</c>, which the class library lacks: one instruction for eight of them, where moving bits takes nine.</summary>
/// <remarks>Exact for every value, subnormals, infinity and NaN included (Intel, "Software Developer's Manual", volume 2, VCVTPH2PS).</remarks>
internal static unsafe class HalfWidening
{
    /// <summary>Values of a vector.</summary>
    public const int Width = 8;

    private const int PerRound = 4 * Width;

    private static readonly ExecutableMemory? _code = CanEmit ? new(Assemble()) : null;

    /// <summary>Gets a value indicating whether the processor has the instruction, and code can be emitted.</summary>
    public static bool IsAvailable => _code is not null;

    private static bool CanEmit => Avx2.IsSupported && ProcessorFeatures.Current.F16C && ExecutableMemory.UnavailableBecause is null;

    /// <summary>Widens whole vectors. Only where <see cref="IsAvailable"/>.</summary>
    /// <param name="source">Binary16 values, of any alignment. Shape <c>[count]</c>.</param>
    /// <param name="destination">Receives them as binary32. Shape <c>[count]</c>.</param>
    /// <param name="count">A multiple of <see cref="Width"/>.</param>
    public static void Widen(ref ushort source, ref float destination, nuint count)
    {
        fixed (ushort* from = &source)
        fixed (float* to = &destination)
        {
            ((delegate* unmanaged[SuppressGCTransition]<float*, ushort*, nuint, void>)_code!.Address)(to, from, count);
        }
    }

    /// <summary>Assembles the function: System V calling convention; rdi the destination, rsi the source, rdx the values left.</summary>
    internal static Assembler Assemble()
    {
        Assembler code = new(64);
        Label round = code.CreateLabel(), vector = code.CreateLabel(), rest = code.CreateLabel(), done = code.CreateLabel();
        AssemblerRegisterYMM[] vectors = [ymm0, ymm1, ymm2, ymm3];
        code.sub(rdx, PerRound);
        code.jb(rest);
        code.Label(ref round);
        for (int i = 0; i < vectors.Length; i++)
        {
            code.vcvtph2ps(vectors[i], __xmmword_ptr[rsi + (i * Width * sizeof(ushort))]);
        }

        for (int i = 0; i < vectors.Length; i++)
        {
            code.vmovups(__ymmword_ptr[rdi + (i * Width * sizeof(float))], vectors[i]);
        }

        code.add(rsi, PerRound * sizeof(ushort));
        code.add(rdi, PerRound * sizeof(float));
        code.sub(rdx, PerRound);
        code.jae(round);
        code.Label(ref rest);
        code.add(rdx, PerRound);
        code.je(done);
        code.Label(ref vector);
        code.vcvtph2ps(ymm0, __xmmword_ptr[rsi]);
        code.vmovups(__ymmword_ptr[rdi], ymm0);
        code.add(rsi, Width * sizeof(ushort));
        code.add(rdi, Width * sizeof(float));
        code.sub(rdx, Width);
        code.jne(vector);
        code.Label(ref done);
        code.vzeroupper();
        code.ret();
        return code;
    }
}
