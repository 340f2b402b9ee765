using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace OutlierQuant.Kernels.Bench.Reports;

/// <summary>An amount of work divided by the mean time, in billions per second.</summary>
/// <param name="name">Heading.</param>
/// <param name="legend">What it means.</param>
/// <param name="amount">The work of a benchmark.</param>
internal sealed class RateColumn(string name, string legend, Func<BenchmarkCase, double> amount) : IColumn
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

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        summary[benchmarkCase]?.ResultStatistics is { Mean: > 0 } statistics ? (amount(benchmarkCase) / statistics.Mean).ToString("F1", CultureInfo.InvariantCulture) : "?";
}
