namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>The names that tables give to products with float weights, such as <c>float×bf16 avx2</c>.</summary>
internal static class FloatMatmulName
{
    public static string Of(FloatType type, string implementation) => type switch
    {
        FloatType.F32 => $"float×f32 {implementation}",
        FloatType.F16 => $"float×f16 {implementation}",
        FloatType.BF16 => $"float×bf16 {implementation}",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, $"There is no element type {type}; there are F32, F16 and BF16."),
    };
}
