using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Calibration.Statistics;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Statistics;

public sealed class MagnitudeHistogramTests
{
    [Fact]
    public void ToQuantiles_ManyValues_AreWithinOnePartIn256OfTheSortedOnes()
    {
        Random random = new(3);
        float[] values = new float[20_000];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)((random.NextDouble() - 0.5) * Math.Pow(10, (random.NextDouble() * 12) - 6));
        }

        MagnitudeHistogram histogram = new();
        foreach (float[] piece in values.Chunk(777))
        {
            histogram.Add(piece);
        }

        float[] sorted = [.. values.Select(Math.Abs).Order()];
        MagnitudeQuantiles quantiles = histogram.ToQuantiles();
        Assert.All(
            [(sorted[9_999], quantiles.Quantile50), (sorted[19_799], quantiles.Quantile99), (sorted[19_979], quantiles.Quantile999)],
            ((float Exact, float Found) pair) => Assert.InRange(pair.Found, pair.Exact * (1 - (1 / 256f)), pair.Exact * (1 + (1 / 256f))));
        Assert.Equal(sorted[^1], quantiles.Quantile100);
    }

    [Fact]
    public void ToQuantiles_FewValues_NeverExceedTheLargest()
    {
        MagnitudeHistogram histogram = new();
        Assert.Equal(new MagnitudeQuantiles(0, 0, 0, 0), histogram.ToQuantiles());

        histogram.Add([-0f, 0, -1]);

        // Rank 2 of three is a zero; the middle of the bucket of 1 lies above 1, which nothing holds.
        Assert.Equal(new MagnitudeQuantiles(0, 1, 1, 1), histogram.ToQuantiles());
    }

    [Fact]
    public void ToQuantiles_OneInAThousand_IsNotInTheQuantile999()
    {
        MagnitudeHistogram histogram = new();
        histogram.Add([.. Enumerable.Repeat(1.5f, 999), 3000]);

        MagnitudeQuantiles quantiles = histogram.ToQuantiles();

        Assert.Equal(1.5, quantiles.Quantile999, 1.5 / 256);
        Assert.Equal(3000, quantiles.Quantile100);
    }
}
