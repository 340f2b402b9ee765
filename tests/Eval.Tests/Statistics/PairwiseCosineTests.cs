using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests.Statistics;

public class PairwiseCosineTests
{
    [Fact]
    public void Mean_ThreeVectors_IsWorkedByHand()
    {
        // Directions at 0°, 60° and 180°: cosines 1/2, −1, −1/2.
        var cosine = new PairwiseCosine(2);
        cosine.Add([5, 0]);
        cosine.Add([1, MathF.Sqrt(3)]);
        cosine.Add([-0.1f, 0]);

        Assert.Equal(-1.0 / 3, cosine.Mean!.Value, 1e-7);
    }

    [Fact]
    public void Mean_RandomVectorsInTwoParts_EqualsTheLoopOverPairs()
    {
        var random = new Random(1);
        float[][] vectors = [.. Enumerable.Range(0, 9).Select(_ => Enumerable.Range(0, 5).Select(_ => random.NextSingle() - 0.3f).ToArray())];
        var (first, second) = (new PairwiseCosine(5), new PairwiseCosine(5));
        foreach (var (index, vector) in vectors.Index())
        {
            (index < 4 ? first : second).Add(vector);
        }

        first.Add(second);

        var pairs = from i in Enumerable.Range(0, 9) from j in Enumerable.Range(0, i) select Dot(vectors[i], vectors[j]) / Math.Sqrt(Dot(vectors[i], vectors[i]) * Dot(vectors[j], vectors[j]));
        Assert.Equal(pairs.Average(), first.Mean!.Value, 1e-12);
        Assert.Equal(9, first.Count);
        static double Dot(float[] left, float[] right) => left.Zip(right, (x, y) => (double)x * y).Sum();
    }

    [Fact]
    public void Mean_FewerThanTwoDirections_IsNull()
    {
        var cosine = new PairwiseCosine(2);
        cosine.Add([1, 1]);
        cosine.Add([0, 0]);

        Assert.Null(cosine.Mean);
        Assert.Equal(1, cosine.Count);
    }
}
