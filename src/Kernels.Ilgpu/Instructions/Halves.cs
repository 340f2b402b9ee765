using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace OutlierQuant.Kernels.Ilgpu.Instructions;

/// <summary>IEEE 754 binary16 as bits, two in a word: what tensor cores multiply. Written with integers, because not every device has the type.</summary>
internal static class Halves
{
    /// <summary>Widens the bits of a binary16, exactly.</summary>
    public static float Widen(uint bits)
    {
        uint sign = (bits & 0x8000) << 16, exponent = (bits >> 10) & 0x1F, fraction = bits & 0x3FF;

        // Subnormals are whole multiples of 2⁻²⁴. Infinity and NaN have the largest exponent of either type; others differ by the biases, 127 − 15.
        float magnitude = exponent == 0
            ? fraction * (1f / (1 << 24))
            : Interop.IntAsFloat((exponent == 0x1F ? 0x7F800000 : (exponent + 112) << 23) | (fraction << 13));
        return Interop.IntAsFloat(Interop.FloatAsInt(magnitude) | sign);
    }

    /// <summary>Rounds a number below 2¹⁵ to the nearest binary16.</summary>
    /// <param name="value">The number, infinity or NaN.</param>
    /// <param name="rest">What rounding left, exactly; 0 for infinity and NaN.</param>
    /// <returns>The bits.</returns>
    public static uint Round(float value, out float rest)
    {
        uint bits = Interop.FloatAsInt(value), sign = (bits >> 16) & 0x8000, magnitude = bits & 0x7FFFFFFF;
        if (magnitude >= 0x7F800000)
        {
            rest = 0;
            return sign | (magnitude == 0x7F800000 ? 0x7C00u : 0x7E00u);
        }

        uint half;
        float rounded;
        if (magnitude < 0x38800000)
        {
            // Below 2⁻¹⁴: a multiple of 2⁻²⁴.
            half = (uint)((Interop.IntAsFloat(magnitude) * (1 << 24)) + 0.5f);
            rounded = half * (1f / (1 << 24));
        }
        else
        {
            // Ties to even: the last bit that stays decides which way a half goes.
            uint nearest = magnitude + 0x0FFF + ((magnitude >> 13) & 1);
            half = (nearest >> 13) - (112 << 10);
            rounded = Interop.IntAsFloat(nearest & 0xFFFFE000);
        }

        rest = Interop.IntAsFloat(magnitude) - rounded;
        rest = sign == 0 ? rest : -rest;
        return sign | half;
    }

    /// <summary>Turns the two lower bytes of a word, signed, into two numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int OfLowBytes(int codes)
    {
        if (CudaAsm.IsSupported)
        {
            // A byte plus 128 below the byte 0x64 is the number 1024 + 128 + byte; 0x6480 is 1152.
            CudaAsm.Emit("{ .reg .b32 t, c; mov.b32 c, 0x64806480; xor.b32 t, %1, 0x80808080; prmt.b32 t, t, 0x64646464, 0x4140; sub.f16x2 %0, t, c; }", out int halves, codes);
            return halves;
        }

        return OfByte(ByteDot.Byte(codes, 0)) | (OfByte(ByteDot.Byte(codes, 1)) << 16);
    }

    /// <summary>Turns the two upper bytes of a word, signed, into two numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int OfHighBytes(int codes)
    {
        if (CudaAsm.IsSupported)
        {
            CudaAsm.Emit("{ .reg .b32 t, c; mov.b32 c, 0x64806480; xor.b32 t, %1, 0x80808080; prmt.b32 t, t, 0x64646464, 0x4342; sub.f16x2 %0, t, c; }", out int halves, codes);
            return halves;
        }

        return OfByte(ByteDot.Byte(codes, 2)) | (OfByte(ByteDot.Byte(codes, 3)) << 16);
    }

    // A byte is a binary16 exactly.
    private static int OfByte(int code) => (int)Round(code, out _);
}
