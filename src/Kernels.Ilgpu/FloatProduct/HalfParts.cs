using ILGPU;
using OutlierQuant.Kernels.Ilgpu.Instructions;
using OutlierQuant.Kernels.Ilgpu.RowQuantize;

namespace OutlierQuant.Kernels.Ilgpu.FloatProduct;

/// <summary>Writes activations as sums of two binary16 numbers, which tensor cores multiply.</summary>
/// <remarks><c>x[c] = scale · (part0[c] + 2⁻¹¹ · part1[c])</c>, where <c>scale</c> is the power of two that takes the largest magnitude of the token to 2¹⁴…2¹⁵. Each part has 11 significant bits,
/// so an error is at most <c>2⁻²² · |x[c]|</c>, and, where parts reach the end of the type's range, <c>2⁻⁵⁰ · max|x|</c>. The mean of a token is at least its largest magnitude over its columns,
/// so both stay far below <see cref="Kernels.CodeProduct.CodeProductTolerance.FixedPoint(int)"/>. Infinity and NaN stay in part 0.</remarks>
internal static class HalfParts
{
    /// <summary>What part 1 is raised by, 2¹¹, as its inverse.</summary>
    public const float SecondPart = 1f / 2048;

    /// <summary>Splits one token a warp. Grid <c>[ceil(tokens / warps)]</c>, group <c>[warp size, warps]</c>.</summary>
    public static void Split(TokenOperands o)
    {
        int asked = (Grid.IdxX * Group.DimY) + Group.IdxY, token = IntrinsicMath.Min(asked, o.Tokens - 1);
        long first = token * (long)o.Stride;
        int largest = 0;
        for (int c = Group.IdxX; c < o.Stride; c += Warp.WarpSize)
        {
            largest = IntrinsicMath.Max(largest, (int)(Interop.FloatAsInt(o.Padded[first + c]) & 0x7FFFFFFF));
        }

        // The exponent as binary32 stores it, bias 127. Far below 1 it is held so that the factor stays a number; with infinity or NaN nothing finite matters.
        int exponent = IntrinsicMath.Clamp(WarpReduction.Max(largest) >> 23, 16, 254);
        float factor = Interop.IntAsFloat((uint)(127 + 141 - exponent) << 23);
        ArrayView<ushort> parts = o.Codes.Cast<ushort>();
        for (int c = Group.IdxX; c < o.Stride; c += Warp.WarpSize)
        {
            parts[first + c] = (ushort)Halves.Round(o.Padded[first + c] * factor, out float rest);
            parts[(o.Tokens * (long)o.Stride) + first + c] = (ushort)Halves.Round(rest * (1 / SecondPart), out _);
        }

        if (Group.IdxX == 0 && asked < o.Tokens)
        {
            o.Scales[token] = Interop.IntAsFloat((uint)(exponent + 127 - 141) << 23);
        }
    }
}
