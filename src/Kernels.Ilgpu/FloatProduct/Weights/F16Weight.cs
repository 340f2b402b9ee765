using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.FloatProduct.Weights;

/// <summary>IEEE 754 binary16, widened with integers: not every device has the type, or keeps subnormals.</summary>
internal readonly struct F16Weight : IWeight
{
    public static float At(FloatOperands o, int row, int column) => Widen(o.Weights.Cast<ushort>()[(row * o.RowStride) + (column * o.ColumnStride)]);

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
}
