using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;
using Xunit;

namespace OutlierQuant.Quantizers.Tests;

public sealed class QuantizerTests : IDisposable
{
    private const string Up = "model.layers.0.mlp.up_proj";

    private readonly PreparedModel _prepared = PreparedModel.Random("LlamaForCausalLM");

    [Fact]
    public void Apply_Channels_KeepsInputAndColumnExactly()
    {
        (QuantizedLinear linear, int channel) = Quantize("w4a4-token", "channels");
        float[] input = new float[linear.InFeatures];
        input[channel] = 12345;

        Assert.Equal(Column(channel).Select(weight => weight * 12345), Forward(linear, input));
        Assert.Equal([channel], linear.Weights.PreservedChannels);
        Assert.All(Rows(linear), row => Assert.Equal(0, row[channel]));
    }

    [Fact]
    public void Apply_Clip_SaturatesTheChannelAndLeavesTheWeightsAsInNone()
    {
        (QuantizedLinear clip, int channel) = Quantize("w8a4-tensor-static", "clip");
        QuantizedLinear none = Quantize("w8a4-tensor-static", "none").Linear;
        QuantizedLinear channels = Quantize("w8a4-tensor-static", "channels").Linear;
        float[] saturated = new float[clip.InFeatures];
        float[] beyond = new float[clip.InFeatures];
        saturated[channel] = 7 * clip.Activations.StaticScale;
        beyond[channel] = 1e6f;

        Assert.Equal(none.Weights.Codes.ToArray(), clip.Weights.Codes.ToArray());
        Assert.Equal(none.Weights.Scales.ToArray(), clip.Weights.Scales.ToArray());
        Assert.Equal(channels.Activations.StaticScale, clip.Activations.StaticScale);
        Assert.True(clip.Activations.StaticScale < none.Activations.StaticScale);
        Assert.Empty(clip.Weights.PreservedChannels);
        Assert.Equal(Forward(clip, saturated), Forward(clip, beyond));
    }

    [Theory]
    [InlineData("w8a8-token")]
    [InlineData("w8a8-tensor")]
    public void Apply_ClipWithAScaleAtRunTime_DoesNotCountTheChannel(string scheme)
    {
        (QuantizedLinear linear, int channel) = Quantize(scheme, "clip");
        float[] small = [.. Enumerable.Range(0, linear.InFeatures).Select(i => MathF.Sin(i + 1))];
        small[channel] = 1; // the absmax of the others is a little below 1, so both saturate
        float[] large = [.. small];
        large[channel] = 1000;

        Assert.Equal([channel], linear.Activations.ScaleExcludedChannels);
        Assert.Equal(Forward(linear, small), Forward(linear, large));
    }

    [Theory]
    [InlineData("w8a8-tensor-static")]
    [InlineData("w8a8-token")]
    [InlineData("w4a16")]
    public void Apply_Mean_ReplacesTheChannelByItsMeanWhateverItHolds(string scheme)
    {
        (QuantizedLinear linear, int channel) = Quantize(scheme, "mean");
        ChannelPlan plan = _prepared.Plan(scheme, "mean", 1).Linears.Single(planned => planned.Name == Up).Channels[0];
        float[] zeros = new float[linear.InFeatures];
        float[] large = new float[linear.InFeatures];
        large[channel] = 1000;

        Assert.Equal(Column(channel).Select(weight => (float)((double)weight * plan.MeanElsewhere!.Value)), Forward(linear, zeros, startsWithBos: false));
        Assert.Equal(Column(channel).Select(weight => (float)((double)weight * plan.MeanAtSink!.Value)), Forward(linear, zeros, startsWithBos: true));
        Assert.Equal(Forward(linear, zeros), Forward(linear, large));
        Assert.All(Rows(linear), row => Assert.Equal(0, row[channel]));
    }

    [Fact]
    public void Apply_AnyThreadCount_GivesTheSameBits()
    {
        using PreparedModel one = PreparedModel.Random("GPT2LMHeadModel", threads: 1);
        using PreparedModel many = PreparedModel.Random("GPT2LMHeadModel", threads: 5);
        foreach (string preserve in PreservationName.All)
        {
            foreach ((Linear first, Linear second) in Quantized(one, preserve).Zip(Quantized(many, preserve)))
            {
                var (left, right) = ((QuantizedLinear)first, (QuantizedLinear)second);
                Assert.Equal(left.Weights.Codes.ToArray(), right.Weights.Codes.ToArray());
                Assert.Equal(left.Weights.Scales.ToArray(), right.Weights.Scales.ToArray());
                Assert.Equal(left.SinkConstants, right.SinkConstants);
            }
        }

        static IEnumerable<Linear> Quantized(PreparedModel prepared, string preserve) =>
            prepared.Apply(prepared.Plan("w4a8-token-g128", preserve, 2)).Linears.SkipLast(1);
    }

    [Fact]
    public void Apply_Progress_NamesEveryLinearAndEndsAtAllWeights()
    {
        var reports = new List<QuantizationProgress>();
        Quantizer.Apply(_prepared.Model, _prepared.Plan("w8a16"), new Recorder(reports));

        Assert.Equal(_prepared.Model.Linears.SkipLast(1).Select(linear => linear.Name), reports.Select(report => report.Linear));
        Assert.Equal(Enumerable.Range(1, reports.Count), reports.Select(report => report.LinearsDone));
        Assert.Equal(reports[^1].TotalWeights, reports[^1].WeightsDone);
        Assert.Equal(_prepared.Model.Linears.SkipLast(1).Sum(linear => (long)linear.InFeatures * linear.OutFeatures), reports[^1].TotalWeights);
    }

    [Fact]
    public void Apply_Cancelled_StopsBeforeTheNextLinear()
    {
        using var source = new CancellationTokenSource();
        var reports = new List<QuantizationProgress>();
        var recorder = new Recorder(reports, source.Cancel);

        Assert.ThrowsAny<OperationCanceledException>(() => Quantizer.Apply(_prepared.Model, _prepared.Plan("w8a16"), recorder, source.Token));
        Assert.Single(reports);
    }

    [Fact]
    public void Apply_Residual_LeavesLinearsAndRoundsTheStream()
    {
        QuantizationPlan plan = _prepared.Plan("residual-int4", "channels", 2, residualBlock: 1);
        TransformerModel quantized = Quantizer.Apply(_prepared.Model, plan);
        float[] hidden = new float[32];
        Array.Fill(hidden, 1.4f * plan.Blocks[0].Scale);
        var chunk = new SequenceChunk(new[] { 2 }, 0, false);

        Assert.Equal(_prepared.Model.Linears, quantized.Linears);
        Assert.Single(quantized.Transforms).Apply(1, chunk, hidden, 32);
        int[] kept = [.. plan.Blocks[0].Channels.Select(channel => channel.Channel)];
        Assert.Equal(2, kept.Length);
        Assert.All(Enumerable.Range(0, 32), channel => Assert.Equal((kept.Contains(channel) ? 1.4f : 1f) * plan.Blocks[0].Scale, hidden[channel]));
    }

    public void Dispose() => _prepared.Dispose();

    private (QuantizedLinear Linear, int Channel) Quantize(string scheme, string preserve)
    {
        QuantizationPlan plan = _prepared.Plan(scheme, preserve, preserve == "none" ? null : 1);
        var linear = (QuantizedLinear)Quantizer.Apply(_prepared.Model, plan).Linears.Single(candidate => candidate.Name == Up);
        return (linear, _prepared.Profile.Linear(Up).Channels.ByAbsMax()[0]);
    }

    private float[] Forward(QuantizedLinear linear, float[] input, bool startsWithBos = false)
    {
        float[] output = new float[linear.OutFeatures];
        linear.Forward(input, 1, new SequenceChunk(new[] { 0 }, 0, startsWithBos), output, _prepared.Context);
        return output;
    }

    private IEnumerable<float> Column(int channel)
    {
        var source = (FloatLinear)_prepared.Model.Linears.Single(candidate => candidate.Name == Up);
        float[] row = new float[source.InFeatures];
        for (int i = 0; i < source.OutFeatures; i++)
        {
            source.ReadRow(i, row);
            yield return row[channel];
        }
    }

    private static IEnumerable<sbyte[]> Rows(QuantizedLinear linear)
    {
        int bytes = WeightPacking.BytesPerRow(linear.Weights.Format, linear.InFeatures);
        for (int row = 0; row < linear.OutFeatures; row++)
        {
            sbyte[] codes = new sbyte[linear.InFeatures];
            WeightPacking.UnpackRow(linear.Weights.Format, linear.Weights.Codes.Span.Slice(row * bytes, bytes), codes);
            yield return codes;
        }
    }

    private sealed class Recorder(List<QuantizationProgress> reports, Action? then = null) : IProgress<QuantizationProgress>
    {
        public void Report(QuantizationProgress value)
        {
            reports.Add(value);
            then?.Invoke();
        }
    }
}
