using OutlierQuant.Eval.Certification;

namespace OutlierQuant.Eval.Tests.Certification;

public class UpdateSpreadTests
{
    [Fact]
    public void Of_OneSource_IsTheSpreadOfItsProbability()
    {
        // Probabilities 0.2 and 0.4 of key 1: mean 0.3, deviations 0.1. Its value's size cancels.
        Assert.Equal(1.0 / 3, UpdateSpread.Of([0.8f, 0.2f, 0.6f, 0.4f], 2, [9, 9, 30, -40], 2, [1])!.Value, 1e-7);
    }

    [Fact]
    public void Of_EqualProbabilities_IsZero() => Assert.Equal(0, UpdateSpread.Of([0.25f, 0.5f, 0.25f, 0.5f, 0.25f, 0.5f], 2, [1, 2, 3, 4], 2, [0, 1])!.Value, 1e-12);

    [Fact]
    public void Of_ExchangeBetweenEqualValues_IsNoSpread()
    {
        // The queries share out their attention otherwise, but both sources have the same value.
        Assert.Equal(0, UpdateSpread.Of([0.1f, 0.3f, 0.3f, 0.1f], 2, [5, 5], 1, [0, 1])!.Value, 1e-7);
    }

    [Fact]
    public void Of_NoAttention_IsNull() => Assert.Null(UpdateSpread.Of([0, 1, 0, 1], 2, [1, 1], 1, [0]));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void Of_RandomSources_EqualsTheVectorsThemselves(int count)
    {
        var random = new Random(count);
        const int Keys = 12, HeadSize = 5, Queries = 7;
        float[] probabilities = [.. Enumerable.Range(0, Queries * Keys).Select(_ => random.NextSingle() / Keys)];
        float[] values = [.. Enumerable.Range(0, Keys * HeadSize).Select(_ => random.NextSingle() - 0.4f)];
        int[] sources = [.. Enumerable.Range(0, Keys)];
        random.Shuffle(sources);
        sources = sources[..count];

        double[][] updates = [.. Enumerable.Range(0, Queries).Select(query => Enumerable.Range(0, HeadSize)
            .Select(k => sources.Sum(source => (double)probabilities[(query * Keys) + source] * values[(source * HeadSize) + k])).ToArray())];
        double[] mean = [.. Enumerable.Range(0, HeadSize).Select(k => updates.Average(update => update[k]))];
        var expected = updates.Average(update => Norm(update.Zip(mean, (x, y) => x - y))) / Norm(mean);

        Assert.Equal(expected, UpdateSpread.Of(probabilities, Keys, values, HeadSize, sources)!.Value, 1e-10);
        static double Norm(IEnumerable<double> vector) => Math.Sqrt(vector.Sum(value => value * value));
    }
}
