using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Calibration.Statistics;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Statistics;

public sealed class ChannelAccumulatorTests
{
    [Fact]
    public void ToStatistics_ThreeTokens_AsByHand()
    {
        ChannelAccumulator accumulator = new(2);
        Assert.Equal(100, accumulator.Add([-100, 2], isSink: true));
        Assert.Equal(4, accumulator.Add([1, 4], isSink: false));
        Assert.Equal(6, accumulator.Add([3, -6], isSink: false));

        ChannelStatistics statistics = accumulator.ToStatistics();

        Assert.Equal([100, 6], statistics.AbsMax);
        Assert.Equal([-32, 0], statistics.Mean); // (−100 + 1 + 3) / 3, (2 + 4 − 6) / 3
        Assert.Equal([10010f / 3, 56f / 3], statistics.MeanSquare); // (10000 + 1 + 9) / 3, (4 + 16 + 36) / 3
        Assert.Equal([-100, 2], statistics.MeanAtSink);
        Assert.Equal([2, -1], statistics.MeanElsewhere); // (1 + 3) / 2, (4 − 6) / 2
    }

    [Fact]
    public void ToStatistics_WithoutSink_LeavesItsMeansEmpty()
    {
        ChannelAccumulator accumulator = new(1);
        accumulator.Add([8], isSink: false);
        Assert.Empty(accumulator.ToStatistics().MeanAtSink);
        Assert.Equal([8], accumulator.ToStatistics().MeanElsewhere);
    }

    [Fact]
    public void ToStatistics_EveryWidth_EqualsPlainSums()
    {
        for (int channels = 1; channels <= 40; channels++)
        {
            Random random = new(channels);
            float[][] rows = [.. Enumerable.Range(0, 9).Select(_ => Enumerable.Range(0, channels).Select(_ => (float)((random.NextDouble() - 0.5) * 20)).ToArray())];
            ChannelAccumulator accumulator = new(channels);
            foreach (float[] row in rows)
            {
                accumulator.Add(row, isSink: row == rows[0]);
            }

            ChannelStatistics statistics = accumulator.ToStatistics();
            for (int channel = 0; channel < channels; channel++)
            {
                Assert.Equal(rows.Max(row => Math.Abs(row[channel])), statistics.AbsMax[channel]);
                Assert.Equal((float)(rows.Sum(row => (double)row[channel]) / 9), statistics.Mean[channel]);
                Assert.Equal((float)(rows.Sum(row => (double)row[channel] * row[channel]) / 9), statistics.MeanSquare[channel]);
                Assert.Equal(rows[0][channel], statistics.MeanAtSink[channel]);
                Assert.Equal(rows.Skip(1).Sum(row => (double)row[channel]) / 8, statistics.MeanElsewhere[channel], 1e-6);
            }
        }
    }

    [Fact]
    public void ByAbsMax_EqualMagnitudes_KeepsTheLowerChannelFirst() =>
        Assert.Equal([1, 0, 3, 2], new ChannelStatistics([5, 9, 1, 5], [], [], [], []).ByAbsMax());
}
