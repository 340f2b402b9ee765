using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests.Statistics;

public class CorrelationTests
{
    [Fact]
    public void Pearson_ThreePairs_EqualsTheHandWorkedValue()
    {
        // Deviations −1, 0, 1 and −2, 1, 1: 3 / sqrt(2 · 6).
        Assert.Equal(3 / Math.Sqrt(12), Correlation.Pearson([1, 2, 3], [0, 3, 3])!.Value, 1e-15);
    }

    [Fact]
    public void Spearman_MonotoneAndTied_UsesMeanRanks()
    {
        Assert.Equal(1, Correlation.Spearman([1, 2, 3, 4], [1, 10, 100, 1e9])!.Value, 1e-15);
        Assert.Equal(-1, Correlation.Spearman([1, 2, 3], [3, 2, 1])!.Value, 1e-15);

        // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: deviations −1.5, 0, 0, 1.5 and −1.5, −0.5, 0.5, 1.5.
        Assert.Equal(4.5 / Math.Sqrt(4.5 * 5), Correlation.Spearman([5, 7, 7, 9], [1, 2, 3, 4])!.Value, 1e-15);
    }

    [Fact]
    public void Pearson_NothingToCorrelate_IsNull()
    {
        Assert.Null(Correlation.Pearson([], []));
        Assert.Null(Correlation.Pearson([1], [2]));
        Assert.Null(Correlation.Spearman([1, 1, 1], [1, 2, 3]));
    }

    [Fact]
    public void Pearson_DifferentCounts_GivesBoth() =>
        Assert.Contains("2 and 3", Assert.Throws<ArgumentException>(() => Correlation.Pearson([1, 2], [1, 2, 3])).Message, StringComparison.Ordinal);
}
