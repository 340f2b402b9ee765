using OutlierQuant.Kernels;

namespace OutlierQuant.Quantizers.Plans;

/// <summary>The names of weight formats in plans and in <c>config.json</c>.</summary>
internal static class WeightName
{
    /// <summary>Returns the name of a format.</summary>
    public static string Of(WeightFormat format) => format switch
    {
        WeightFormat.Int8 => "int8",
        WeightFormat.Int4 => "int4",
        WeightFormat.Ternary => "ternary",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Not a weight format."),
    };

    /// <summary>Finds a format by its name.</summary>
    /// <exception cref="ArgumentException">There is no such format.</exception>
    public static WeightFormat Parse(string name) => name switch
    {
        "int8" => WeightFormat.Int8,
        "int4" => WeightFormat.Int4,
        "ternary" => WeightFormat.Ternary,
        _ => throw new ArgumentException($"There are no '{name}' weights; a plan has int8, int4 or ternary."),
    };
}
