using OutlierQuant.Calibration.Detectors;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Detectors;

public sealed class SuperWeightDetectorTests
{
    [Fact]
    public void Spike_NegativeIsLargest_GivesItsIndex() => Assert.Equal(2, SuperWeightDetector.Spike([3, 50, -51, 0]));

    [Fact]
    public void Spike_OfEqualMagnitudes_GivesTheFirst() => Assert.Equal(1, SuperWeightDetector.Spike([0, 7, 7, 7]));

    [Theory]
    [InlineData(-60, 51, true)]
    [InlineData(60, -50, false)] // an output of exactly 50 is not above it
    [InlineData(50, 900, false)]
    [InlineData(3, 4, false)]
    public void IsSuperWeight_InputAndOutput_BothMustExceed(float input, float output, bool expected) =>
        Assert.Equal(expected, SuperWeightDetector.IsSuperWeight(input, output, 50));
}
