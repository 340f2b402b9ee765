using OutlierQuant.Calibration.Statistics;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Statistics;

public sealed class AbsoluteMedianTests
{
    [Fact]
    public void Of_OddNumber_IsTheMiddleMagnitude() => Assert.Equal(3, new AbsoluteMedian().Of([-9, 1, -3, 2, 700])); // 1 2 [3] 9 700

    [Fact]
    public void Of_EvenNumber_IsTheLowerOfTheTwoMiddleOnes() => Assert.Equal(2, new AbsoluteMedian().Of([-3, 1, 2, -10])); // 1 [2 3] 10

    [Fact]
    public void Of_ZerosOfBothSigns_IsZero() => Assert.Equal(0, new AbsoluteMedian().Of([0, -0f, 0]));

    [Fact]
    public void Of_NoValue_Throws() => Assert.Throws<ArgumentException>("values", () => new AbsoluteMedian().Of([]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(AbsoluteMedian.LargestSorted - 1)]
    [InlineData(AbsoluteMedian.LargestSorted)]
    [InlineData(AbsoluteMedian.LargestSorted + 1)] // from here on by counting
    [InlineData(AbsoluteMedian.LargestSorted + 2)]
    [InlineData(65536)]
    public void Of_RandomValues_EqualsSorting(int count)
    {
        Random random = new(count);
        AbsoluteMedian median = new();
        for (int repeat = 0; repeat < 3; repeat++)
        {
            // Magnitudes over many powers of two, many of them equal, so that buckets hold ties.
            float[] values = new float[count];
            for (int i = 0; i < count; i++)
            {
                values[i] = (float)((random.Next(21) - 10) * Math.Pow(2, random.Next(-20, 20) * repeat));
            }

            float[] sorted = [.. values.Select(Math.Abs).Order()];
            Assert.Equal(sorted[(count - 1) / 2], median.Of(values));
        }
    }
}
