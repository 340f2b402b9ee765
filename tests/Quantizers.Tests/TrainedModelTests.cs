using OutlierQuant.Calibration;
using OutlierQuant.Models;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Quantizers.Tests;

/// <summary>On tiny-llama, what static 4-bit activations and a 4-bit residual stream destroy, and what preserving a few channels saves.</summary>
/// <remarks>The bounds are those of the quick study in the model's README, measured there on 32 windows; 8 windows give the same order and are fast.</remarks>
public sealed class TrainedModelTests : IDisposable
{
    private const int EvaluatedWindows = 8;

    private readonly PreparedModel? _prepared = SharedData.Directory is null ? null : PreparedModel.Shared("tiny-llama");

    [SharedFact]
    [Trait("Category", "Trained")]
    public void Preserve_FourChannelsWithStatic4BitActivations_SavesMostOfTheModel()
    {
        double none = Ratio("w8a4-tensor-static", "none");
        double clip = Ratio("w8a4-tensor-static", "clip", 4);
        double mean = Ratio("w8a4-tensor-static", "mean", 4);
        double channels = Ratio("w8a4-tensor-static", "channels", 4);

        Assert.True(none > 8, $"none {none}");
        Assert.True(channels < 2.05, $"channels {channels}");
        Assert.True(channels < mean && mean < none && clip < none, $"channels {channels}, clip {clip}, mean {mean}");
    }

    [SharedFact]
    [Trait("Category", "Trained")]
    public void Preserve_ChannelsOfA4BitResidualStream_SavesTheModel()
    {
        double none = Ratio("residual-int4", "none", null, 3);
        double channels = Ratio("residual-int4", "channels", 8, 3);

        Assert.True(none > 15, $"none {none}");
        Assert.True(channels < 1.21, $"channels {channels}");
        Assert.True(Ratio("residual-int8", "channels", 8, 3) < 1.01);
    }

    [SharedFact]
    [Trait("Category", "Trained")]
    public void Apply_EightBitWeights_CostNothing() => Assert.InRange(Ratio("w8a16", "none"), 0.99, 1.01);

    public void Dispose() => _prepared?.Dispose();

    private double Ratio(string scheme, string preserve, int? channels = null, int? residualBlock = null)
    {
        PreparedModel prepared = _prepared!;
        TransformerModel quantized = Quantizer.Apply(prepared.Model, prepared.Plan(scheme, preserve, channels, residualBlock: residualBlock));
        return Math.Exp(MeanLogLoss(quantized) - MeanLogLoss(prepared.Model));
    }

    private double MeanLogLoss(TransformerModel model)
    {
        CalibrationSet text = TextWindows.Cut(
            _prepared!.Tokenizer, File.ReadAllText(SharedData.Require("text/valid.txt")), "valid.txt", 256, true, EvaluatedWindows);
        var loss = new LogLoss(model);
        new ForwardPass(model).Run(text.Windows, loss);
        return loss.Mean;
    }

    /// <summary>Sums −log p(next token) over all tokens of all windows, in binary64.</summary>
    private sealed class LogLoss(TransformerModel model) : IWindowConsumer
    {
        private double _sum;
        private long _tokens;

        public double Mean => _sum / _tokens;

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
            int vocabulary = model.Config.VocabularySize;
            ReadOnlySpan<int> ids = chunk.TokenIds.Span;
            float[] logits = new float[ids.Length * vocabulary];
            model.ComputeLogits(finalHidden, ids.Length, chunk, logits);
            for (int token = 0; token + 1 < ids.Length; token++)
            {
                float[] row = logits[(token * vocabulary)..((token + 1) * vocabulary)];
                double max = row.Max();
                _sum += Math.Log(row.Sum(logit => Math.Exp(logit - max))) + max - row[ids[token + 1]];
                _tokens++;
            }
        }
    }
}
