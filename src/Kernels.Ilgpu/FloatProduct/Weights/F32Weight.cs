namespace OutlierQuant.Kernels.Ilgpu.FloatProduct.Weights;

/// <summary>IEEE 754 binary32.</summary>
internal readonly struct F32Weight : IWeight
{
    public static float At(FloatOperands o, int row, int column) => o.Weights.Cast<float>()[(row * o.RowStride) + (column * o.ColumnStride)];
}
