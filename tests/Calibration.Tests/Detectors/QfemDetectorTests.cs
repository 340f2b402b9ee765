using OutlierQuant.Calibration.Detectors;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Detectors;

public sealed class QfemDetectorTests
{
    [Theory]
    [InlineData(500, 2, 250)]
    [InlineData(3, 3, 1)]
    public void SequenceRatio_MaxAndMedian_IsTheirQuotient(double max, double median, double expected) =>
        Assert.Equal(expected, QfemDetector.SequenceRatio(max, median));

    [Fact]
    public void SequenceRatio_MedianZero_IsFinite()
    {
        Assert.True(double.IsFinite(QfemDetector.SequenceRatio(5, 0)));
        Assert.Equal(0, QfemDetector.SequenceRatio(0, 0));
    }
}
