using OutlierQuant.Calibration;
using OutlierQuant.Eval.Tracing;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Tracing;

public class ConstantInputLinearTests
{
    [Theory]
    [InlineData("LlamaForCausalLM", null)]
    [InlineData("LlamaForCausalLM", 6)]
    [InlineData("GPT2LMHeadModel", null)]
    [InlineData("GPT2LMHeadModel", 6)]
    public void Forward_ConstantPerClass_EqualsThePlainLoops(string architecture, int? row)
    {
        const int Column = 4;
        using var model = EvaluatedModel.Random(new RandomCheckpoint { Architecture = architecture });
        var linear = (FloatLinear)model.Model.Linears.First(candidate => candidate.Role == LinearRole.Down);

        // BOS, a letter, a full stop: each class has its own constant.
        int[] tokens = [0, 100, ByteTokenizer.FirstByteId + '.'];
        double[] constants = [-3, 0, 7, 0.5];
        double[] expectedConstants = [-3, 0.5, 7];
        var random = new Random(4);
        float[] input = [.. Enumerable.Range(0, tokens.Length * linear.InFeatures).Select(_ => (float)(random.NextDouble() - 0.5))];
        var changed = new ConstantInputLinear(linear, row, Column, constants, new TokenClassifier(model.Tokenizer));
        var output = new float[tokens.Length * linear.OutFeatures];

        changed.Forward(input, tokens.Length, new SequenceChunk(tokens, 0, true), output, model.Model.Context);

        var weights = new float[linear.InFeatures];
        for (var r = 0; r < linear.OutFeatures; r++)
        {
            linear.ReadRow(r, weights);
            for (var token = 0; token < tokens.Length; token++)
            {
                double expected = linear.Bias?[r] ?? 0;
                for (var c = 0; c < linear.InFeatures; c++)
                {
                    expected += weights[c] * (c == Column && (row is null || row == r) ? expectedConstants[token] : input[(token * linear.InFeatures) + c]);
                }

                Assert.Equal(expected, output[(token * linear.OutFeatures) + r], 1e-5);
            }
        }

        Assert.Equal((linear.Name, linear.WeightByteSize), (changed.Name, changed.WeightByteSize));
    }
}
