using OutlierQuant.Calibration.Folding;
using OutlierQuant.Models.Folding;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Folding;

public sealed class SlotFitTests
{
    [Fact]
    public void Solve_OneDimension_GivesTheHandWorkedPair()
    {
        // Keys 0 and ln 3 at head size 1: query 1 has scores 0 and ln 3, so ln Σ e^s = ln 4 and π = (1/4, 3/4); query −1 has ln (4/3) and π = (3/4, 1/4).
        // k′ = Σ q L / Σ q² = (ln 4 − ln (4/3)) / 2 = (ln 3) / 2. Values 8 and 0 mix to 2 and 6: v′ = 4, both off by 2.
        SlotFit fit = new(new AttentionConstants(2, 1, [0, MathF.Log(3)], [8, 0]), 0);
        fit.Add([1]);
        fit.Add([-1]);

        (float[] key, float[] value, double keyResidual, double valueResidual) = fit.Solve();

        Assert.Equal(Math.Log(3) / 2, key[0], 1e-6);
        Assert.Equal(4, value[0], 1e-6);
        double miss = Math.Log(4) - (Math.Log(3) / 2); // the other query misses by as much: ln (4/3) + (ln 3)/2
        Assert.Equal(miss, keyResidual, 1e-6);
        Assert.Equal(Math.Sqrt(4 / 20.0), valueResidual, 1e-6); // rms 2 over rms √((4 + 36) / 2)
    }

    [Fact]
    public void Solve_OnePairDominates_GivesThatPair()
    {
        // The second key scores 60 and more below the first for these queries.
        float[] keys = [1, 2, -3, 0.5f, -70, -70, -70, -70];
        float[] values = [1, -2, 3, 4, 100, 100, 100, 100];
        SlotFit fit = new(new AttentionConstants(2, 4, keys, values), 0);
        Random random = new(1);
        for (int i = 0; i < 50; i++)
        {
            fit.Add([.. Enumerable.Range(0, 4).Select(_ => 0.5f + random.NextSingle())]);
        }

        (float[] key, float[] value, double keyResidual, double valueResidual) = fit.Solve();

        Assert.All(key.Zip(keys), pair => Assert.Equal(pair.Second, pair.First, 1e-5));
        Assert.All(value.Zip(values), pair => Assert.Equal(pair.Second, pair.First, 1e-5));
        Assert.InRange(keyResidual, 0, 1e-6);
        Assert.InRange(valueResidual, 0, 1e-6);
    }

    [Fact]
    public void Solve_RandomQueries_NoOtherKeyHasASmallerResidual()
    {
        Random random = new(2);
        AttentionConstants constants = new(3, 5, Numbers(2 * 15), Numbers(2 * 15));
        float[][] queries = [.. Enumerable.Range(0, 40).Select(_ => Numbers(5))];
        SlotFit fit = new(constants, 1);
        foreach (float[] query in queries)
        {
            fit.Add(query);
        }

        (float[] key, float[] value, double keyResidual, double valueResidual) = fit.Solve();

        Assert.Equal(KeyResidual(key), keyResidual, 1e-6);
        Assert.Equal(ValueResidual(value), valueResidual, 1e-6);
        Assert.Equal(40, fit.Queries);
        for (int i = 0; i < 5; i++)
        {
            foreach (float step in (float[])[-0.01f, 0.01f])
            {
                Assert.True(KeyResidual(Moved(key, i, step)) > keyResidual, $"key {i}");
                Assert.True(ValueResidual(Moved(value, i, step)) > valueResidual, $"value {i}");
            }
        }

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 4) - 2)];

        double[] Scores(float[] query) => [.. Enumerable.Range(0, 3).Select(slot => Enumerable.Range(0, 5).Sum(i => (double)query[i] * constants.Keys.Span[((3 + slot) * 5) + i]) / Math.Sqrt(5))];

        double KeyResidual(float[] k) => Math.Sqrt(queries.Average(query =>
            Math.Pow((Enumerable.Range(0, 5).Sum(i => (double)query[i] * k[i]) / Math.Sqrt(5)) - Math.Log(Scores(query).Sum(Math.Exp)), 2)));

        double ValueResidual(float[] v)
        {
            double[][] mixed = [.. queries.Select(query =>
            {
                double[] weights = [.. Scores(query).Select(Math.Exp)];
                return Enumerable.Range(0, 5).Select(i => Enumerable.Range(0, 3).Sum(slot => weights[slot] * constants.Values.Span[((3 + slot) * 5) + i]) / weights.Sum()).ToArray();
            })];
            return Math.Sqrt(mixed.Sum(mix => mix.Zip(v, (left, right) => (left - right) * (left - right)).Sum()) / mixed.Sum(mix => mix.Sum(number => number * number)));
        }

        static float[] Moved(float[] vector, int index, float step) => [.. vector.Select((number, i) => i == index ? number + step : number)];
    }

    [Fact]
    public void Solve_DirectionsWithoutQueries_GetZero()
    {
        SlotFit fit = new(new AttentionConstants(2, 3, [1, 0, 5, 2, 0, -5], new float[6]), 0);
        fit.Add([1, 0, 0]);
        fit.Add([2, 0, 0]);

        (float[] key, _, _, double valueResidual) = fit.Solve();

        Assert.Equal([0, 0], key[1..]);
        Assert.Equal(0, valueResidual);
    }
}
