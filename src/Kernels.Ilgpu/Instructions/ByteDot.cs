using System.Runtime.CompilerServices;
using ILGPU.Runtime.Cuda;

namespace OutlierQuant.Kernels.Ilgpu.Instructions;

/// <summary>Dot products of signed bytes: <c>dp4a</c> on CUDA devices, shifts elsewhere.</summary>
internal static class ByteDot
{
    /// <summary>Computes <c>sum + Σ left[i] · right[i]</c> over sixteen bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Add(Words left, Words right, int sum)
    {
        if (CudaAsm.IsSupported)
        {
            // All four in one piece of assembly: ILGPU stores the result of each piece to memory.
            CudaAsm.Emit(
                "dp4a.s32.s32 %0, %1, %2, %9; dp4a.s32.s32 %0, %3, %4, %0; dp4a.s32.s32 %0, %5, %6, %0; dp4a.s32.s32 %0, %7, %8, %0;",
                out int result, left.A, right.A, left.B, right.B, left.C, right.C, left.D, right.D, sum);
            return result;
        }

        return Add(left.D, right.D, Add(left.C, right.C, Add(left.B, right.B, Add(left.A, right.A, sum))));
    }

    /// <summary>Computes <c>sum + Σ left[i] · right[i]</c> over four bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Add(int left, int right, int sum)
    {
        if (CudaAsm.IsSupported)
        {
            CudaAsm.Emit("dp4a.s32.s32 %0, %1, %2, %3;", out int result, left, right, sum);
            return result;
        }

        return sum + (Byte(left, 0) * Byte(right, 0)) + (Byte(left, 1) * Byte(right, 1)) + (Byte(left, 2) * Byte(right, 2)) + (Byte(left, 3) * Byte(right, 3));
    }

    /// <summary>Reads a byte of a word, sign included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Byte(int word, int index) => (word << (24 - (8 * index))) >> 24;
}
