using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests.Statistics;

public class UnitHistogramTests
{
    [Fact]
    public void Quantile_FourNumbers_IsTheUpperEndOfTheirBins()
    {
        var histogram = new UnitHistogram();
        foreach (var value in (double[])[0.75, 0, 1, 0.1234])
        {
            histogram.Add(value);
        }

        Assert.Equal((4, 0.001, 0.124), (histogram.Count, histogram.Quantile(0.25), histogram.Quantile(0.5)));
        Assert.Equal((0.124, 0.751, 1), (histogram.Quantile(0.3), histogram.Quantile(0.75), histogram.Quantile(1)));
        Assert.Equal((0.75 + 1 + 0.1234) / 4, histogram.Mean, 1e-15);
    }

    [Fact]
    public void Add_BeyondTheEndsByRounding_CountsAtTheEnds()
    {
        var histogram = new UnitHistogram();
        histogram.Add(1.0000001);
        histogram.Add(-1e-9);

        Assert.Equal((0.001, 1), (histogram.Quantile(0.5), histogram.Quantile(1)));
    }

    [Fact]
    public void Quantile_NoNumber_IsZero() => Assert.Equal((0, 0), (new UnitHistogram().Quantile(0.5), new UnitHistogram().Mean));

    [Fact]
    public void Add_NaN_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new UnitHistogram().Add(double.NaN));
}
