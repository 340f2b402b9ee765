using OutlierQuant.Calibration.Detectors;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Detectors;

public sealed class MassiveActivationDetectorTests
{
    [Theory]
    [InlineData(0.05, 100, 1000, 100)] // 1000 × 0.05 = 50 is below the magnitude: the magnitude decides
    [InlineData(0.1, 100, 1000, 100)]
    [InlineData(2, 100, 1000, 2000)] // 1000 × 2 is above it: the ratio decides
    [InlineData(0, 100, 1000, 100)]
    public void Threshold_OfMedian_IsTheLargerOfBoth(double median, double minMagnitude, double minRatio, double expected) =>
        Assert.Equal(expected, MassiveActivationDetector.Threshold(median, minMagnitude, minRatio));

    [Fact]
    public void Count_EntriesOfBothSigns_CountsThoseStrictlyAbove() =>
        // Above 100: 100.5 and −3000. Exactly 100 and −100 are not above.
        Assert.Equal(2, MassiveActivationDetector.Count([100.5f, -3000, 100, -100, 5], 100));
}
