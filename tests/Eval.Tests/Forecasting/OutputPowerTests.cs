using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Eval.Forecasting;
using OutlierQuant.Models.Linears;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Forecasting;

public class OutputPowerTests
{
    [Theory]
    [InlineData("LlamaForCausalLM")]
    [InlineData("GPT2LMHeadModel")]
    public void Of_RandomLinear_EqualsThePlainLoops(string architecture)
    {
        using var model = EvaluatedModel.Random(new RandomCheckpoint { Architecture = architecture });
        var linear = (FloatLinear)model.Model.Linears[^2];
        var random = new Random(2);
        double[] mean = [.. Enumerable.Range(0, linear.InFeatures).Select(_ => random.NextDouble() - 0.5)];
        double[] variance = [.. Enumerable.Range(0, linear.InFeatures).Select(_ => random.NextDouble())];
        double[] noises = [0.0, 0.3, 10];

        var (signal, errors) = OutputPower.Of(linear, new InputMoments(1, mean, variance), noises, model.Model.Context, default);

        double expected = 0;
        double[] expectedErrors = [0, 0, 0];
        var row = new float[linear.InFeatures];
        for (var r = 0; r < linear.OutFeatures; r++)
        {
            linear.ReadRow(r, row);
            double inner = row.Select((weight, c) => weight * mean[c]).Sum();
            expected += (inner * inner) + row.Select((weight, c) => weight * (double)weight * variance[c]).Sum();
            for (var i = 0; i < noises.Length; i++)
            {
                bool IsLost(int c) => (mean[c] * mean[c]) + variance[c] <= noises[i];
                var lost = row.Select((weight, c) => IsLost(c) ? weight * mean[c] : 0).Sum();
                expectedErrors[i] += (lost * lost) + row.Select((weight, c) => weight * (double)weight * (IsLost(c) ? variance[c] : noises[i])).Sum();
            }
        }

        Assert.Equal(expected, signal, 1e-9 * expected);
        Assert.All(expectedErrors.Zip(errors), pair => Assert.Equal(pair.First, pair.Second, 1e-9 * expected));
        Assert.Equal((0, expected), (errors[0], expectedErrors[2]));
    }

    [Fact]
    public void Split_ByHand_TakesTheConstantBosOut()
    {
        // One channel over four tokens: 10 at BOS, then 1, 2, 3. Mean square (100 + 1 + 4 + 9) / 4; elsewhere mean 2, variance 2/3.
        var (atSink, elsewhere) = InputMoments.Split(new ChannelStatistics([10], [4], [28.5f], [10], [2]), 0.25);

        Assert.Equal((0.25, 10, 0), (atSink!.Share, atSink.Mean[0], atSink.Variance[0]));
        Assert.Equal((0.75, 2), (elsewhere.Share, elsewhere.Mean[0]));
        Assert.Equal(2 / 3.0, elsewhere.Variance[0], 1e-6);
        Assert.Equal(14 / 3.0, elsewhere.Power, 1e-6);
        Assert.Null(InputMoments.Split(new ChannelStatistics([3], [2], [5], [], [2]), 0).AtSink);
    }

    [Fact]
    public void WeightStatistics_EachGroupSize_EqualThePlainOnes()
    {
        using var model = EvaluatedModel.Random();
        var linear = (FloatLinear)model.Model.Linears[^2];
        foreach (var size in (int[])[linear.InFeatures, 20])
        {
            List<double> absMax = [];
            double squares = 0;
            var row = new float[linear.InFeatures];
            for (var r = 0; r < linear.OutFeatures; r++)
            {
                linear.ReadRow(r, row);
                absMax.AddRange(row.Chunk(size).Select(group => (double)group.Max(Math.Abs)));
                squares += row.Sum(weight => weight * (double)weight);
            }

            var found = WeightStatistics.Of(linear, size, default);

            Assert.Equal(squares / (linear.OutFeatures * linear.InFeatures), found.MeanSquare, 1e-12);
            Assert.Equal(1, found.Units.Sum(unit => unit.Share), 1e-12);
            Assert.Equal(absMax.Average(), found.Units.Sum(unit => unit.Share * unit.AbsMax), 0.02);
            Assert.Equal(absMax.Max(), found.Magnitudes.Quantile100, 1e-7);
        }
    }
}
