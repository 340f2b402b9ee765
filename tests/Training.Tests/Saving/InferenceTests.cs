using OutlierQuant.Checkpoints;
using OutlierQuant.Models;
using OutlierQuant.Training.Data;
using Xunit;

namespace OutlierQuant.Training.Tests.Saving;

/// <summary>What the trainer computes against what the written checkpoint computes, by the forward pass that every verb runs.</summary>
public sealed class InferenceTests
{
    // Both are binary32, with sums in other orders.
    private const double Tolerance = 2e-6;

    public static TheoryData<string, TensorType> Variants
    {
        get
        {
            TheoryData<string, TensorType> cases = [];
            foreach (string variant in TestNetwork.Shapes.Keys)
            {
                cases.Add(variant, TensorType.F32);
                cases.Add(variant, TensorType.BF16);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Evaluate_EveryVariant_IsTheLossOfTheCheckpoint(string variant, TensorType type)
    {
        using TestNetwork test = new(TestNetwork.Shapes[variant]);
        if (type == TensorType.BF16)
        {
            // Values that BF16 can hold, so that writing loses nothing.
            foreach (ref float value in test.Parameters.Set.Values.AsSpan())
            {
                value = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000);
            }
        }

        using TransformerModel model = TransformerModel.Open(test.Write(type), test.Compute);

        Assert.InRange(test.Network.Evaluate(test.Batch) - LossOf(model, test.Batch), -Tolerance, Tolerance);
        Assert.All(model.Linears, linear => Assert.Equal(type == TensorType.F32 ? 32 : 16, linear.BitsPerWeight));
    }

    [Theory]
    [InlineData("llama sink-token")]
    [InlineData("gpt2 sink-token")]
    public void Write_SinkTokenInBF16_HasConstantsOfTheRoundedWeights(string variant)
    {
        using TestNetwork test = new(TestNetwork.Shapes[variant]);
        using TransformerModel model = TransformerModel.Open(test.Write(TensorType.BF16), test.Compute);
        double plain = test.PlainLoss(new Models.Tests.Plain.PlainCheckpoint(test.Directory));

        Assert.InRange(LossOf(model, test.Batch) - plain, -Tolerance, Tolerance);
    }

    private static double LossOf(TransformerModel model, Batch batch)
    {
        int context = batch.Tokens.Length / batch.Windows, vocabulary = model.Config.VocabularySize, targets = 0;
        double sum = 0;
        for (int window = 0; window < batch.Windows; window++)
        {
            float[] logits = model.Logits(batch.Tokens.AsSpan(window * context, context));
            for (int position = 0; position < context; position++)
            {
                int target = batch.Targets[(window * context) + position];
                if (target != Batch.None)
                {
                    double[] row = [.. logits.AsSpan(position * vocabulary, vocabulary).ToArray().Select(logit => (double)logit)];
                    sum += Math.Log(row.Sum(Math.Exp)) - row[target];
                    targets++;
                }
            }
        }

        return sum / targets;
    }
}
