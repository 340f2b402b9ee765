using OutlierQuant.Models;

namespace OutlierQuant.Eval.Scoring;

/// <summary>Names the kernels that a model's linears run on.</summary>
internal static class KernelNames
{
    /// <summary>Lists the distinct names, sorted.</summary>
    public static IReadOnlyList<string> Of(TransformerModel model) =>
        [.. model.Linears.Select(linear => linear.DescribeKernel(model.Context.Suite)).Distinct().Order(StringComparer.Ordinal)];
}
