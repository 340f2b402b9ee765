using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Attention;

/// <summary>What each query has for every key up to itself. In json an array of rows, each on one line, with four decimals.</summary>
/// <param name="Rows">Row q has q + 1 finite numbers.</param>
[JsonConverter(typeof(LowerTriangleJsonConverter))]
public sealed record LowerTriangle(IReadOnlyList<double[]> Rows)
{
    /// <summary>Makes a triangle of zeros.</summary>
    /// <param name="queries">Number of rows.</param>
    public static LowerTriangle OfZeros(int queries) => new([.. Enumerable.Range(1, queries).Select(length => new double[length])]);
}
