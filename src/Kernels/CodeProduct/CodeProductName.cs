namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>The names that tables give to products over codes, such as <c>int8×int4 avx2</c>.</summary>
internal static class CodeProductName
{
    public static string Of(WeightFormat format, bool integerActivations, string implementation) =>
        $"{(integerActivations ? "int8" : "float")}×{Of(format)} {implementation}";

    private static string Of(WeightFormat format) => format switch
    {
        WeightFormat.Int8 => "int8",
        WeightFormat.Int4 => "int4",
        WeightFormat.Ternary => "ternary",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, $"There is no weight format {format}; there are Int8, Int4 and Ternary."),
    };
}
