using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using OutlierQuant.Kernels.Bench.Workloads;

namespace OutlierQuant.Kernels.Bench.Reports;

/// <summary>An amount of work divided by the mean time, in billions per second.</summary>
/// <param name="name">Heading.</param>
/// <param name="legend">What it means.</param>
/// <param name="amount">The work of a product, all rows of it.</param>
internal sealed class RateColumn(string name, string legend, Func<ProductCase, double> amount) : IColumn
{
    public string Id => nameof(RateColumn) + name;

    public string ColumnName => name;

    public string Legend => legend;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        if (summary[benchmarkCase]?.ResultStatistics is not { Mean: > 0 } statistics)
        {
            return "?";
        }

        ProductCase product = ProductCase.Parse((string)benchmarkCase.Parameters[nameof(ProductBench.Kind)], (string)benchmarkCase.Parameters[nameof(ProductBench.Shape)], (int)benchmarkCase.Parameters[nameof(ProductBench.Tokens)]);
        double share = benchmarkCase.Descriptor.WorkloadMethod.Name == nameof(ProductBench.Simd) ? 1 : (double)ProductBench.ReferenceRows / product.Rows;
        return (amount(product) * share / statistics.Mean).ToString("F1", CultureInfo.InvariantCulture);
    }
}
