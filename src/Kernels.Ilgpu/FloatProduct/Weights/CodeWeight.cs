using OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.FloatProduct.Weights;

/// <summary>A packed code times the scale of its group.</summary>
internal readonly struct CodeWeight<TFormat> : IWeight
    where TFormat : struct, ICodeFormat
{
    public static float At(FloatOperands o, int row, int column)
    {
        int slice = column / 32;
        int packed = o.Weights.Cast<int>()[(row * 4L * o.WordsPerRow) + (slice / TFormat.Fields * 8) + (column % 32 / 4)];
        return o.WeightScales[(row * (long)o.Groups) + (column / o.GroupSize)] * ByteDot.Byte(TFormat.Codes(packed, slice % TFormat.Fields), column % 4);
    }
}
