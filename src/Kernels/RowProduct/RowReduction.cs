using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>Emits the sums over the 16 lanes of up to four vectors, each in the same order whatever the others.</summary>
internal static class RowReduction
{
    // Horizontal additions have no form for the upper 16 registers; these are free by then.
    private static readonly AssemblerRegisterXMM[] _xmm =
        [xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    private static readonly AssemblerRegisterYMM[] _ymm =
        [ymm0, ymm1, ymm2, ymm3, ymm4, ymm5, ymm6, ymm7, ymm8, ymm9, ymm10, ymm11, ymm12, ymm13, ymm14, ymm15];

    private static readonly AssemblerRegisterZMM[] _zmm =
        [zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15];

    /// <summary>Emits the sums of one, two or four vectors; the first register receives them as floats, in order. Uses the last register.</summary>
    /// <param name="code">Where to.</param>
    /// <param name="vectors">Numbers of the registers, below 16; overwritten.</param>
    /// <param name="areIntegers">Whether they hold integers, whose sum is exact and then becomes a float; otherwise floats.</param>
    public static void Emit(Assembler code, int[] vectors, bool areIntegers)
    {
        foreach (int vector in vectors)
        {
            code.vextracti64x4(ymm31, _zmm[vector], 1);
            Add(_ymm[vector], ymm31);
        }

        int first = vectors[0];
        switch (vectors.Length)
        {
            case 4:
                AddPairs(first, vectors[1]);
                AddPairs(vectors[2], vectors[3]);
                AddPairs(first, vectors[2]);
                break;
            case 2:
                AddPairs(first, vectors[1]);
                AddPairs(first, first);
                break;
            default:
                AddPairs(first, first);
                AddPairs(first, first);
                break;
        }

        code.vextracti32x4(xmm31, _ymm[first], 1);
        if (areIntegers)
        {
            code.vpaddd(_xmm[first], _xmm[first], xmm31);
            code.vcvtdq2ps(_xmm[first], _xmm[first]);
        }
        else
        {
            code.vaddps(_xmm[first], _xmm[first], xmm31);
        }

        void Add(AssemblerRegisterYMM sum, AssemblerRegisterYMM other)
        {
            if (areIntegers)
            {
                code.vpaddd(sum, sum, other);
            }
            else
            {
                code.vaddps(sum, sum, other);
            }
        }

        void AddPairs(int sum, int other)
        {
            if (areIntegers)
            {
                code.vphaddd(_ymm[sum], _ymm[sum], _ymm[other]);
            }
            else
            {
                code.vhaddps(_ymm[sum], _ymm[sum], _ymm[other]);
            }
        }
    }

    /// <summary>Emits the storing of the first sums of a register.</summary>
    public static void Store(Assembler code, int register, int count, AssemblerRegister64 destination)
    {
        switch (count)
        {
            case 4:
                code.vmovups(__xmmword_ptr[destination], _xmm[register]);
                break;
            case 2:
                code.vmovlps(__qword_ptr[destination], _xmm[register]);
                break;
            default:
                code.vmovss(__dword_ptr[destination], _xmm[register]);
                break;
        }
    }
}
