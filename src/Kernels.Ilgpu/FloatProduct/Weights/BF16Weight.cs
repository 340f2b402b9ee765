using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.FloatProduct.Weights;

/// <summary>The upper half of a binary32.</summary>
internal readonly struct BF16Weight : IWeight
{
    public static float At(FloatOperands o, int row, int column) =>
        Interop.IntAsFloat((uint)o.Weights.Cast<ushort>()[(row * o.RowStride) + (column * o.ColumnStride)] << 16);
}
