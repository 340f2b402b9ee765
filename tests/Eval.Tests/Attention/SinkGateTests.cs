using OutlierQuant.Eval.Attention;

namespace OutlierQuant.Eval.Tests.Attention;

public class SinkGateTests
{
    [Fact]
    public void Of_ThreeScores_IsTheShareOfTheRest()
    {
        // e^ln6 = 6 for the sink, 1 + 2 for the rest: 3 / 9.
        Assert.Equal(1.0 / 3, SinkGate.Of([MathF.Log(6), 0, MathF.Log(2)]), 1e-6);
    }

    [Theory]
    [InlineData(new[] { 5f }, 0)]
    [InlineData(new[] { float.NegativeInfinity, 1 }, 1)]
    [InlineData(new[] { -1000f, 1000 }, 1)]
    [InlineData(new[] { 1f, float.NegativeInfinity }, 0)]
    public void Of_Extremes_AreExact(float[] scores, double expected) => Assert.Equal(expected, SinkGate.Of(scores));

    [Fact]
    public void Of_SinkThatTakesNearlyAll_KeepsItsPrecision() => Assert.Equal(Math.Exp(-50), SinkGate.Of([50, 0]), Math.Exp(-50) * 1e-12);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    public void Attend_RandomScores_EqualsSoftmaxOverAllKeys(int keys)
    {
        var random = new Random(keys);
        var scores = Enumerable.Range(0, keys).Select(_ => (float)((random.NextDouble() * 8) - 4)).ToArray();
        var values = Enumerable.Range(0, keys * 3).Select(_ => (float)random.NextDouble()).ToArray();
        var output = new double[3];

        SinkGate.Attend(scores, values, output);

        var total = scores.Sum(score => Math.Exp(score));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(Enumerable.Range(0, keys).Sum(key => Math.Exp(scores[key]) * values[(key * 3) + i]) / total, output[i], 1e-12);
        }
    }

    [Fact]
    public void Attend_SinkOutOfSight_IsAttentionOverTheRest()
    {
        var output = new double[1];

        SinkGate.Attend([float.NegativeInfinity, 0, MathF.Log(3)], [1000, 4, 8], output);

        Assert.Equal(7, output[0], 1e-6);
    }
}
