using OutlierQuant.Calibration.Detectors;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Detectors;

public sealed class PrefixQuantDetectorTests
{
    [Fact]
    public void OutlierTokens_FiveTokens_FindsThoseAboveRatioTimesMedian()
    {
        // Sorted: 1, 2, 2, 129, 500; the median is 2 and 64 × 2 = 128.
        float[] tokenAbsMax = [500, 2, 1, 129, 2];
        Assert.Equal([0, 3], PrefixQuantDetector.OutlierTokens(tokenAbsMax, 2, 64));
    }

    [Fact]
    public void OutlierTokens_ExactlyAtThreshold_IsNone() =>
        Assert.Empty(PrefixQuantDetector.OutlierTokens([128, 2, 2], 2, 64));
}
