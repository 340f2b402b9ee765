using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests.Statistics;

public class MedianTests
{
    [Theory]
    [InlineData(new double[] { 7 }, 7)]
    [InlineData(new double[] { 9, 1, 2 }, 2)]
    [InlineData(new double[] { 9, 1, 2, 4 }, 3)]
    public void Of_Numbers_IsTheMiddle(double[] values, double expected) => Assert.Equal(expected, Median.Of(values));

    [Fact]
    public void OfKnown_Nulls_AreLeftOut()
    {
        Assert.Equal(2, Median.OfKnown([null, 1, 3, null]));
        Assert.Null(Median.OfKnown([null]));
        Assert.Throws<ArgumentException>(() => Median.Of([]));
    }
}
