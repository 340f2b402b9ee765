using OutlierQuant.Models.Tests.Plain;
using OutlierQuant.Training.Data;
using OutlierQuant.Training.Measuring;
using OutlierQuant.Training.Parameters;
using Xunit;

namespace OutlierQuant.Training.Tests.Measuring;

/// <summary>Measurements against what the second implementation computes, by the definitions.</summary>
public sealed class ModelMeasurerTests
{
    public static TheoryData<string> Variants => ["llama", "llama bias", "llama sink-token", "gpt2 bias", "gpt2 post qk-norm"];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Measure_EveryVariant_EqualsTheDefinitions(string variant)
    {
        ModelShape shape = TestNetwork.Shapes[variant];
        using TestNetwork test = new(shape);
        int[] targets = [.. test.Batch.Targets.Select((target, i) => i % shape.Context == shape.Context - 1 ? Batch.None : target)];
        PlainTransformer plain = new(new PlainCheckpoint(test.Write())) { SinkTokenInStream = shape.SinkRows > 0 };

        TrainingRecord record = Measure(test, targets);

        Assert.Equal(test.Network.Evaluate(test.Batch with { Targets = targets }), record.ValidationLoss, 12);
        int windows = test.Batch.Windows, sinkRows = shape.SinkRows, constants = shape.ConstantKeys;
        double[] largest = new double[shape.BlockCount], medians = new double[shape.BlockCount], afterFirst = new double[shape.BlockCount];
        int[] positions = new int[shape.BlockCount];
        (double firstSum, double explicitSum, int firstCount) = (0, 0, 0);
        for (int window = 0; window < windows; window++)
        {
            plain.Logits(test.Batch.Tokens[(window * shape.Context)..((window + 1) * shape.Context)]);
            for (int block = 0; block < shape.BlockCount; block++)
            {
                double[] output = [.. plain.BlockOutputs[block].SelectMany(row => row)];
                int at = Enumerable.Range(0, output.Length).MaxBy(i => Math.Abs(output[i]));
                afterFirst[block] = Math.Max(afterFirst[block], output.Skip(shape.HiddenSize).Max(Math.Abs));
                if (Math.Abs(output[at]) > largest[block])
                {
                    largest[block] = Math.Abs(output[at]);
                    positions[block] = (at / shape.HiddenSize) - sinkRows;
                    medians[block] = output.Select(Math.Abs).Order().ElementAt((output.Length - 1) / 2);
                }

                foreach (double[][] head in plain.Probabilities[block])
                {
                    double first = head[sinkRows..].Average(query => query[constants + sinkRows]), sink = head.Average(query => query[0]);
                    (firstSum, explicitSum, firstCount) = (firstSum + first, explicitSum + sink, firstCount + (first > 0.3 ? 1 : 0));
                }
            }
        }

        for (int block = 0; block < shape.BlockCount; block++)
        {
            BlockMeasurement found = record.Blocks[block];
            Assert.Equal(block, found.Block);
            Assert.Equal(largest[block], Math.Abs(found.Value), 4);
            Assert.Equal(positions[block], found.Position);
            Assert.Equal(medians[block], found.Median, 4);
            Assert.InRange(found.Ratio / (largest[block] / medians[block]), 0.9999, 1.0001);
            Assert.Equal(afterFirst[block], Math.Abs(found.ValueAfterFirst), 4);
        }

        double heads = windows * shape.BlockCount * shape.HeadCount;
        Assert.Equal(firstSum / heads, record.FirstToken.Mean, 5);
        Assert.Equal(firstCount / heads, record.FirstToken.Share, 10);
        Assert.Equal(record.FirstToken.Share, record.FirstToken.ShareOfBlock.Average(), 10);
        Assert.Equal(constants + sinkRows > 0, record.ExplicitSink is not null);
        Assert.Equal(explicitSum / heads, record.ExplicitSink?.Mean ?? (explicitSum / heads), 5);
    }

    [Fact]
    public void Measure_MoreThan64Queries_CountsThoseOnly()
    {
        using TestNetwork test = new(TestNetwork.Shapes["llama"] with { Context = 100, BlockCount = 1 }, windows: 1);
        PlainTransformer plain = new(new PlainCheckpoint(test.Write()));
        plain.Logits(test.Batch.Tokens);

        TrainingRecord record = Measure(test, test.Batch.Targets);

        Assert.Equal(plain.Probabilities[0].Average(head => head[..64].Average(query => query[0])), record.FirstToken.Mean, 5);
    }

    [Fact]
    public void Measure_Weights_AreRootsOfSumsOfSquares()
    {
        using TestNetwork test = new(TestNetwork.Shapes["llama bias"]);
        foreach (Parameter parameter in test.Parameters.Set.All)
        {
            parameter.Values.Span.Fill(parameter.Kind is ParameterKind.ConstantKey ? 3 : parameter.Kind is ParameterKind.ConstantValue ? 4 : 1);
        }

        WeightNorms norms = Measure(test, test.Batch.Targets).Weights;

        // Two blocks of hidden size 24: 48 projections to queries, keys and values, 24 back; MLPs of width 19; five norms; 2 · 6 constants a block.
        Assert.Equal(Math.Sqrt(31 * 24), norms.Embedding, 6);
        Assert.Equal(Math.Sqrt(2 * 24 * (48 + 24)), norms.Attention, 6);
        Assert.Equal(Math.Sqrt(2 * 3 * 19 * 24), norms.Mlp, 6);
        Assert.Equal(Math.Sqrt(5 * 24), norms.Gains, 6);
        Assert.Equal(Math.Sqrt(2 * 12 * (9 + 16)), norms.Constants!.Value, 6);
    }

    private static TrainingRecord Measure(TestNetwork test, int[] targets) => ModelMeasurer.Measure(test.Network, new ValidationSet([test.Batch with { Targets = targets }]));
}
