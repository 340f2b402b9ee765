using OutlierQuant.Eval.Reports;

namespace OutlierQuant.Eval.Tests.Reports;

public class LogAxisTests
{
    [Fact]
    public void At_GeometricMean_IsTheMiddle()
    {
        var axis = new LogAxis(1, 10000, 100, 500);

        Assert.Equal([100, 300, 500, 100, 500], new[] { axis.At(1), axis.At(100), axis.At(10000), axis.At(0.1), axis.At(1e9) }.Select(at => Math.Round(at, 9)));
    }

    [Theory]
    [InlineData(0.9, 25000, 10, "1 3 10 30 100 300 1000 3000 10000")]
    [InlineData(0.99, 25, 10, "1 1.5 2 3 5 7 10 15 20")]
    [InlineData(1, 1.2, 10, "1 1.05 1.1 1.15 1.2")]
    [InlineData(4, 2000, 9, "5 10 20 50 100 200 500 1000 2000")]
    public void Ticks_Range_AreRoundAndFew(double low, double high, int most, string expected)
    {
        Assert.Equal(expected, string.Join(' ', new LogAxis(low, high, 0, 1).Ticks(most).Select(tick => FormattableString.Invariant($"{tick}"))));
    }
}
