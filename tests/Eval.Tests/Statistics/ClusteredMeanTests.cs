using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests.Statistics;

public class ClusteredMeanTests
{
    [Fact]
    public void Of_ThreeNumbersInThreeClusters_IsStandardDeviationOverRootThree()
    {
        // 1, 2, 6: mean 3, squared offsets 4 + 1 + 9 = 14, variance 7, standard error sqrt(7 / 3).
        var mean = ClusteredMean.Of([[1], [2], [6]]);

        Assert.Equal(3, mean.Mean);
        Assert.Equal(Math.Sqrt(7.0 / 3), mean.StandardError!.Value, 1e-12);
        Assert.Equal(Math.Sqrt(7.0 / 3), mean.StandardErrorPerToken!.Value, 1e-12);
        Assert.Equal(3, mean.Clusters);
        Assert.Equal(3, mean.Count);
    }

    [Fact]
    public void Of_UnequalClusters_FollowsTheFormula()
    {
        // {1, 3} and {8}: mean 4; sums of offsets −4 and 4; sqrt(2 / 1 · 32) / 3 = 8 / 3. As three single numbers: 9 + 1 + 16 = 26, sqrt(13 / 3).
        var mean = ClusteredMean.Of([[1, 3], [8]]);

        Assert.Equal(4, mean.Mean);
        Assert.Equal(8.0 / 3, mean.StandardError!.Value, 1e-12);
        Assert.Equal(Math.Sqrt(13.0 / 3), mean.StandardErrorPerToken!.Value, 1e-12);
    }

    [Fact]
    public void Interval95_TwoClusters_UsesStudentsT()
    {
        // {0} and {2}: mean 1, standard error 1, one degree of freedom: t = 12.7062.
        var interval = ClusteredMean.Of([[0], [2]]).Interval95!.Value;

        Assert.Equal(1 - 12.70620474, interval.Low, 1e-6);
        Assert.Equal(1 + 12.70620474, interval.High, 1e-6);
    }

    [Fact]
    public void Of_OneCluster_HasNoStandardErrorAndNoInterval()
    {
        var mean = ClusteredMean.Of([[1, 2, 3]]);

        Assert.Equal(2, mean.Mean);
        Assert.Null(mean.StandardError);
        Assert.Null(mean.Interval95);
        Assert.Equal(Math.Sqrt(1.0 / 3), mean.StandardErrorPerToken!.Value, 1e-12);
    }

    [Fact]
    public void OfDifference_ThreePairs_IsMeanOfSecondMinusFirst()
    {
        // Differences 1, 2, 6 as above, on top of losses that vary far more.
        var difference = ClusteredMean.OfDifference([[10], [200], [3000]], [[11], [202], [3006]]);

        Assert.Equal(3, difference.Mean, 1e-12);
        Assert.Equal(Math.Sqrt(7.0 / 3), difference.StandardError!.Value, 1e-9);
    }

    [Fact]
    public void Of_NoCluster_Throws()
    {
        Assert.Contains("at least one cluster", Assert.Throws<ArgumentException>(() => ClusteredMean.Of([])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_EmptyCluster_NamesIt()
    {
        Assert.Contains("Cluster 1 is empty", Assert.Throws<ArgumentException>(() => ClusteredMean.Of([[1], []])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OfDifference_ClustersDisagree_GivesBothNumbers()
    {
        Assert.Contains("1 and 2", Assert.Throws<ArgumentException>(() => ClusteredMean.OfDifference([[1]], [[1], [2]])).Message, StringComparison.Ordinal);
        Assert.Contains("cluster 0 has 1 and 2", Assert.Throws<ArgumentException>(() => ClusteredMean.OfDifference([[1]], [[1, 2]])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(32)]
    public void Interval95_TokensOfAWindowAlike_CoversTheTruthNinetyFiveTimesInAHundred(int windows)
    {
        const int Repetitions = 2000;
        const int Tokens = 30;
        const double Truth = 0.25;
        var random = new Random(20240229);
        var covered = 0;
        var coveredPerToken = 0;
        for (var repetition = 0; repetition < Repetitions; repetition++)
        {
            var clusters = new double[windows][];
            for (var window = 0; window < windows; window++)
            {
                var shared = Normal(random);
                clusters[window] = new double[Tokens];
                for (var token = 0; token < Tokens; token++)
                {
                    clusters[window][token] = Truth + shared + (2 * Normal(random));
                }
            }

            var mean = ClusteredMean.Of(clusters);
            covered += mean.Interval95!.Value.Contains(Truth) ? 1 : 0;
            coveredPerToken += Math.Abs(mean.Mean - Truth) <= 1.96 * mean.StandardErrorPerToken!.Value ? 1 : 0;
        }

        // Two thousand draws put the share within 0.95 ± 0.015 (three standard deviations); taking tokens as independent would cover far too seldom.
        Assert.InRange(covered / (double)Repetitions, 0.935, 0.965);
        Assert.True(coveredPerToken < 0.85 * Repetitions, $"The per-token interval covered {coveredPerToken} of {Repetitions}.");
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
