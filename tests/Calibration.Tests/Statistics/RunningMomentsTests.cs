using OutlierQuant.Calibration.Statistics;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Statistics;

public sealed class RunningMomentsTests
{
    [Fact]
    public void StandardDeviation_ThreeNumbers_AsByHand()
    {
        // Mean (2 + 4 + 9) / 3 = 5; squared distances 9 + 1 + 16 = 26; 26 / 2 = 13.
        RunningMoments moments = Of(2, 4, 9);
        Assert.Equal(5, moments.Mean, 14);
        Assert.Equal(Math.Sqrt(13), moments.StandardDeviation, 14);
    }

    [Fact]
    public void StandardDeviation_EqualNumbers_IsExactlyZero()
    {
        double[] numbers = new double[57];
        Array.Fill(numbers, -1208.006103515625);
        RunningMoments moments = Of(numbers);
        Assert.Equal(-1208.006103515625, moments.Mean);
        Assert.Equal(0, moments.StandardDeviation);
        Assert.Equal(0, moments.Merge(moments).StandardDeviation);
    }

    [Fact]
    public void StandardDeviation_FewerThanTwo_IsZero() => Assert.Equal((0, 0), (default(RunningMoments).StandardDeviation, Of(7).StandardDeviation));

    [Fact]
    public void Merge_TwoParts_EqualsTheWhole()
    {
        RunningMoments merged = Of(1, -5, 3).Merge(Of(8, 2));
        RunningMoments whole = Of(1, -5, 3, 8, 2);
        Assert.Equal(whole.Count, merged.Count);
        Assert.Equal(whole.Mean, merged.Mean, 14);
        Assert.Equal(whole.StandardDeviation, merged.StandardDeviation, 13);
    }

    [Fact]
    public void Merge_WithNothing_ChangesNothing()
    {
        Assert.Equal(4.5, Of(4, 5).Merge(default).Mean);
        Assert.Equal(4.5, default(RunningMoments).Merge(Of(4, 5)).Mean);
    }

    private static RunningMoments Of(params double[] numbers)
    {
        RunningMoments moments = default;
        foreach (double number in numbers)
        {
            moments.Add(number);
        }

        return moments;
    }
}
