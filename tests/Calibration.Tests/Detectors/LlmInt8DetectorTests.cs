using OutlierQuant.Calibration.Detectors;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Detectors;

public sealed class LlmInt8DetectorTests
{
    [Fact]
    public void OutlierColumns_FourColumns_FindsThoseStrictlyAbove() =>
        Assert.Equal([1, 3], LlmInt8Detector.OutlierColumns([6, 6.01f, 0, 80], 6));
}
