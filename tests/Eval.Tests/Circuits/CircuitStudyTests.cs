using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Eval.Circuits;
using OutlierQuant.Models;
using OutlierQuant.Models.Tests;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Circuits;

public class CircuitStudyTests
{
    private const int Hidden = 32;
    private const int Context = 20;

    /// <summary>Probabilities are binary32.</summary>
    private const double Tolerance = 2e-6;

    private static readonly RandomCheckpoint s_gpt2 = new() { Architecture = "GPT2LMHeadModel", BosOutlier = 5 };
    private static readonly CircuitOptions s_options = new() { Context = Context, MaxWindows = 3 };
    private static readonly string s_text = SampleText.Of(200);

    /// <summary>What the study changes in memory, changed in the checkpoint's file.</summary>
    public static TheoryData<SinkPart> InTheFile => [SinkPart.QueryBias, SinkPart.FirstPosition, SinkPart.Mlps, SinkPart.Positions, SinkPart.KeyColumns, SinkPart.OtherPosition, SinkPart.RandomKeyColumns];

    [Theory]
    [MemberData(nameof(InTheFile))]
    public void Run_Part_EqualsACheckpointWithoutIt(SinkPart part)
    {
        var result = Run(s_gpt2);
        var arm = Assert.Single(result.Arms, arm => arm.Part == part);

        var edited = Run(s_gpt2, tensors => Remove(part, tensors, result));

        Assert.Equal(edited.Attention, arm.Attention, Tolerance);
        Assert.Equal(edited.Attention / result.Attention, arm.Left, 1e-4);
        Assert.InRange(arm.Left, arm.LeftCi95!.Value.Low, arm.LeftCi95.Value.High);
        Assert.NotEqual(result.Attention, arm.Attention);
    }

    [Fact]
    public void EffectivePositions_AreTheTableAndWhatTheMlpAddsToIt()
    {
        using var model = EvaluatedModel.Random(s_gpt2);
        using var positionsOnly = EvaluatedModel.WithTensors(s_gpt2, tensors =>
        {
            Zero(tensors, "wte.weight");
            Zero(tensors, "h.0.attn.c_proj.weight");
            Zero(tensors, "h.0.attn.c_proj.bias");
        });
        var window = Enumerable.Range(0, Context).ToArray();
        var output = new BlockOutputs(0);
        new ForwardPass(positionsOnly.Model).Run([window], output, new ForwardOptions { Observer = output });

        var effective = EffectivePositions.Of(model.Model, window, default);

        Assert.Equal(output.Values, effective);
    }

    [Fact]
    public void Run_EffectivePosition_ExchangesWhatBlockZeroWrites()
    {
        using var model = EvaluatedModel.Random(s_gpt2);
        var window = Enumerable.Range(0, Context).ToArray();
        var effective = EffectivePositions.Of(model.Model, window, default);
        var hidden = new float[Context * Hidden];
        hidden[5] = 1;

        new PositionExchange(0, 7, effective).Apply(1, new SequenceChunk(window, 0, true), hidden, Hidden);
        Assert.Equal(1, hidden.Sum());

        new PositionExchange(0, 7, effective).Apply(0, new SequenceChunk(window, 0, true), hidden, Hidden);
        for (var channel = 0; channel < Hidden; channel++)
        {
            var difference = effective[(7 * Hidden) + channel] - effective[channel];
            Assert.Equal((channel == 5 ? 1 : 0) + difference, hidden[channel]);
            Assert.Equal(-difference, hidden[(7 * Hidden) + channel]);
        }

        // In a later chunk of the sequence only position 7 is there, in row 2.
        var later = new float[4 * Hidden];
        new PositionExchange(0, 7, effective).Apply(0, new SequenceChunk(window.AsMemory(5, 4), 5, true), later, Hidden);
        Assert.Equal(hidden.AsSpan(7 * Hidden, Hidden).ToArray(), later.AsSpan(2 * Hidden, Hidden).ToArray());
        Assert.All(later.Index().Where(value => value.Index / Hidden != 2), value => Assert.Equal(0, value.Item));
    }

    [Fact]
    public void Run_FirstPositionMadeTheSink_FindsItAndNotAnother()
    {
        // Row 0 of the table is large in one channel, and every query's bias looks for what keys make of it.
        var result = Run(s_gpt2, tensors =>
        {
            tensors["wte.weight"].AsSpan().Clear();
            tensors["wpe.weight"][4] = 40;
            for (var block = 0; block < 2; block++)
            {
                var (weight, bias) = (tensors[$"h.{block}.attn.c_attn.weight"], tensors[$"h.{block}.attn.c_attn.bias"]);
                for (var feature = 0; feature < Hidden; feature++)
                {
                    bias[feature] = 1;
                    weight[(4 * 3 * Hidden) + Hidden + feature] = 3;
                }
            }
        });

        Assert.Equal(4, result.Channels[0]);
        Assert.InRange(result.Attention, 0.9, 1);
        Assert.All(result.Arms.Where(arm => arm.Part is SinkPart.QueryBias or SinkPart.FirstPosition or SinkPart.EffectivePosition or SinkPart.Positions or SinkPart.KeyColumns), arm => Assert.InRange(arm.Left, 0, 0.5));
        Assert.All(result.Arms.Where(arm => arm.Part is SinkPart.Mlps or SinkPart.OtherPosition or SinkPart.OtherEffectivePosition), arm => Assert.InRange(arm.Left, 0.9, 1.1));
        Assert.Contains(result.Verdict, sentence => sentence.StartsWith("Less than half of it is left without: ", StringComparison.Ordinal) && sentence.Contains("the position table's first row (", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_EvenAttention_IsKnownAndNothingChangesIt()
    {
        using var model = EvaluatedModel.Random();
        using var even = model.Model.With(linear => linear.Role == LinearRole.Query ? new ConstantLinear(linear, 0) : linear);

        var refused = Assert.Throws<ArgumentException>(() => CircuitStudy.Run(even, model.Tokenizer, s_text, "text", s_options));
        Assert.Contains("q_proj' is not a float linear", refused.Message, StringComparison.Ordinal);

        var result = Run(new RandomCheckpoint(), tensors => Array.ForEach([0, 1], block => Zero(tensors, $"model.layers.{block}.self_attn.q_proj.weight")));
        Assert.Equal(result.EvenAttention, result.Attention, Tolerance);
        Assert.Equal([SinkPart.Mlps, SinkPart.KeyColumns, SinkPart.RandomKeyColumns], result.Arms.Select(arm => arm.Part));
        Assert.All(result.Arms, arm => Assert.Equal(1, arm.Left, 1e-5));
        Assert.Contains("the biases of queries (queries have no bias)", result.Verdict[^1], StringComparison.Ordinal);
        Assert.Equal(6, result.Missing.Count);
    }

    [Fact]
    public void Run_SameSeed_SameResult_AndAnotherDrawsOtherChannels()
    {
        var first = Run(s_gpt2);
        Assert.Equivalent(first, Run(s_gpt2) with { Model = first.Model }, strict: true);
        Assert.NotEqual(first.RandomChannels, Run(s_gpt2, options: s_options with { Seed = 2 }).RandomChannels);
        Assert.Empty(first.Channels.Intersect(first.RandomChannels));
    }

    [Theory]
    [InlineData(3, 3, "The context is 3 tokens; this study needs at least 4, and this model allows 64.")]
    [InlineData(65, 3, "The context is 65 tokens; this study needs at least 4, and this model allows 64.")]
    [InlineData(20, 0, "0 channels are to be left out; it must be 1 to 16, so that as many others are left for the control.")]
    [InlineData(20, 17, "17 channels are to be left out; it must be 1 to 16, so that as many others are left for the control.")]
    public void Run_OptionThatDoesNotFit_IsRefused(int context, int channels, string message)
    {
        var refused = Assert.Throws<ArgumentException>(() => Run(s_gpt2, options: s_options with { Context = context, Channels = channels }));
        Assert.Equal(message, refused.Message);
    }

    [Fact]
    public void Run_RoundedResidualStream_IsRefused()
    {
        // Exchanging effective positions puts a transform in the place of the model's own, which would be lost.
        using var model = EvaluatedModel.Random(s_gpt2);
        using var rounded = model.Model.With(transforms: [new PositionExchange(0, 1, new float[2 * Hidden])]);

        var refused = Assert.Throws<ArgumentException>(() => CircuitStudy.Run(rounded, model.Tokenizer, s_text, "text", s_options));

        Assert.Contains("is quantized; a study of the circuit reads float weights", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WeightThatIsNaN_SaysWhereAttentionBecomesNaN()
    {
        var refused = Assert.Throws<ArithmeticException>(() => Run(s_gpt2, tensors => tensors["h.1.attn.c_attn.weight"][0] = float.NaN));
        Assert.StartsWith("attention of block 1: window 0, head 0 gives key 0 a probability that is NaN", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TrainedConstants_AreRefused()
    {
        var checkpoint = new RandomCheckpoint { Architecture = "OutlierQuantLlamaForCausalLM", Variant = ModelVariant.Plain with { Attention = AttentionVariant.Bias } };
        var refused = Assert.Throws<ArgumentException>(() => Run(checkpoint));
        Assert.Contains("constant keys before the tokens", refused.Message, StringComparison.Ordinal);
    }

    private static CircuitResult Run(RandomCheckpoint checkpoint, Action<Dictionary<string, float[]>>? edit = null, CircuitOptions? options = null)
    {
        using var model = edit is null ? EvaluatedModel.Random(checkpoint) : EvaluatedModel.WithTensors(checkpoint, edit);
        return CircuitStudy.Run(model.Model, model.Tokenizer, s_text, "text", options ?? s_options);
    }

    private static void Zero(Dictionary<string, float[]> tensors, string name) => tensors[name].AsSpan().Clear();

    private static void Remove(SinkPart part, Dictionary<string, float[]> tensors, CircuitResult result)
    {
        var positions = tensors["wpe.weight"];
        switch (part)
        {
            case SinkPart.FirstPosition:
                positions.AsSpan(result.OtherPosition * Hidden, Hidden).CopyTo(positions);
                return;
            case SinkPart.OtherPosition:
                positions.AsSpan((result.OtherPosition + 1) * Hidden, Hidden).CopyTo(positions.AsSpan(result.OtherPosition * Hidden));
                return;
            case SinkPart.Positions:
                positions.AsSpan().Clear();
                return;
        }

        for (var block = 0; block < 2; block++)
        {
            if (part == SinkPart.QueryBias)
            {
                tensors[$"h.{block}.attn.c_attn.bias"].AsSpan(0, Hidden).Clear();
            }
            else if (part == SinkPart.Mlps)
            {
                Zero(tensors, $"h.{block}.mlp.c_proj.weight");
                Zero(tensors, $"h.{block}.mlp.c_proj.bias");
            }
            else
            {
                foreach (var channel in part == SinkPart.KeyColumns ? result.Channels : result.RandomChannels)
                {
                    tensors[$"h.{block}.attn.c_attn.weight"].AsSpan((channel * 3 * Hidden) + Hidden, Hidden).Clear();
                }
            }
        }
    }

    private sealed class BlockOutputs(int block) : IForwardObserver, IWindowConsumer
    {
        public float[] Values { get; private set; } = [];

        public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.BlockOutput && point.Block == block;

        public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns) => Values = values.ToArray();

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
        }
    }
}
