using OutlierQuant.Eval.Attention;
using OutlierQuant.Eval.Certification;

namespace OutlierQuant.Eval.Tests.Certification;

public class UpdateTallyTests
{
    private const int Keys = 20;
    private const int Queries = 15;

    [Fact]
    public void Describe_TwoWindows_MeansAndQuantileAreWorkedByHand()
    {
        // One source each; B is 1/3 and 0 in the two windows. Draws: 1/3 and 1/3 (key 1), 0 and 1 (keys 2 and 3).
        var tally = new UpdateTally(2);
        float[] values = [1, 1, 1, 1];
        tally.Add([0.2f, 0.2f, 0.1f, 0, 0.4f, 0.4f, 0.1f, 0.5f], 4, values, 1, [0], [[1], [2]]);
        tally.Add([0.3f, 0.2f, 0.1f, 0, 0.3f, 0.4f, 0.1f, 0.2f], 4, values, 1, [0], [[1], [3]]);

        var head = tally.Describe(new HeadPlace(4, 2));

        Assert.Equal((4, 2, 2), (head.Block, head.Head, head.Windows));
        Assert.Equal(1.0 / 6, head.Constancy!.Value, 1e-7);
        Assert.Equal(((1.0 / 3) + 0.5) / 2, head.NullMedian!.Value, 1e-7);
        Assert.Equal(1.0 / 3, head.Quantile!.Value, 1e-12);
        Assert.Equal(0.3, head.SourceShare!.Value, 1e-7);
    }

    [Fact]
    public void Describe_SourcesOutOfSight_HasNoNumbers()
    {
        var tally = new UpdateTally(1);
        tally.Add([0, 1, 0, 1], 2, [1, 1], 1, [0], [[1]]);
        tally.Add([1, 0, 1, 0], 2, [1, 1], 1, [0], [[1]]);

        var head = tally.Describe(new HeadPlace(0, 0));

        Assert.Equal((0, null, null, null, null), (head.Windows, head.Constancy, head.NullMedian, head.Quantile, head.SourceShare));
    }

    [Fact]
    public void Quantile_SourcesThatAreRandomThemselves_IsEvenlyDistributed()
    {
        // Where the massive tokens are like any others, one head in twenty looks steady, and the quantiles average one half.
        var random = new Random(11);
        double[] quantiles = [.. Enumerable.Range(0, 400).Select(_ =>
        {
            var tally = new UpdateTally(99);
            for (var window = 0; window < 3; window++)
            {
                var probabilities = Random(random, Queries * Keys);
                tally.Add(probabilities, Keys, Random(random, Keys * 2), 2, Draw(random), [.. Enumerable.Range(0, 99).Select(_ => Draw(random))]);
            }

            return tally.Describe(default).Quantile!.Value;
        })];

        // Standard deviations: 0.29 / 20 = 0.014 of the mean, 0.011 of the share.
        Assert.InRange(quantiles.Average(), 0.45, 0.55);
        Assert.InRange(quantiles.Count(quantile => quantile <= UpdateConstancy.Steady) / 400.0, 0.01, 0.09);
    }

    private static float[] Random(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle())];

    private static int[] Draw(Random random)
    {
        int[] keys = [.. Enumerable.Range(0, Keys)];
        random.Shuffle(keys);
        return keys[..2];
    }
}
