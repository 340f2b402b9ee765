using OutlierQuant.Benchmarks.Measuring;
using Xunit;

namespace OutlierQuant.Benchmarks.Tests.Measuring;

public sealed class RooflineTests
{
    private static readonly Roofline TenGigabytesHundredGigaoperations = new(10e9, 100e9);

    [Theory]
    [InlineData(1e9, 1e9, 0.1, 100)] // memory needs 100 ms, arithmetic 10
    [InlineData(1e9, 1e9, 0.2, 50)]
    [InlineData(1e9, 20e9, 0.4, 50)] // arithmetic needs 200 ms
    [InlineData(0, 20e9, 0.1, 200)]
    public void Percent_IsTheTimeOfTheNearerCeilingOverTheTimeTaken(double bytes, double operations, double seconds, double percent) =>
        Assert.Equal(percent, TenGigabytesHundredGigaoperations.Percent(bytes, operations, seconds), 9);

    [Theory]
    [InlineData(1e9, 9.9e9, true)]
    [InlineData(1e9, 10.1e9, false)]
    public void IsBoundByMemory_ComparesTimes(double bytes, double operations, bool isBound) =>
        Assert.Equal(isBound, TenGigabytesHundredGigaoperations.IsBoundByMemory(bytes, operations));

    [Theory]
    [InlineData(new[] { 3.0, 1.0, 2.0 }, 2.0)]
    [InlineData(new[] { 4.0, 1.0, 2.0, 3.0 }, 2.5)]
    [InlineData(new[] { 7.0 }, 7.0)]
    public void Median_IsTheMiddle(double[] values, double median) => Assert.Equal(median, ArmSamples.Median(values));
}
