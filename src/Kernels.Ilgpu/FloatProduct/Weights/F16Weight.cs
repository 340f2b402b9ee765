using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.FloatProduct.Weights;

/// <summary>IEEE 754 binary16.</summary>
internal readonly struct F16Weight : IWeight
{
    public static float At(FloatOperands o, int row, int column) => Halves.Widen(o.Weights.Cast<ushort>()[(row * o.RowStride) + (column * o.ColumnStride)]);
}
