using System.Text.Json;
using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Eval.Tracing;
using OutlierQuant.Models;
using OutlierQuant.Models.Folding;
using OutlierQuant.Quantizers;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Tracing;

public class TracerTests
{
    private static readonly string s_text = SampleText.Of(600);
    private static readonly TraceOptions s_options = new() { Text = new PerplexityOptions { Context = 32, MaxWindows = 4 } };

    [Fact]
    public void Run_PlantedSuperWeight_FindsExactlyIt()
    {
        using var model = PlantedModel.Step();
        var progress = new List<ArmProgress>();

        var result = Tracer.Run(model.Model, model.Tokenizer, s_text, "text", s_options with { Progress = progress.Add });

        Assert.Equal(SpikeOrigin.Step, result.Origin);
        Assert.Equal((PlantedModel.Channel, TokenClass.Bos, 0), (result.Spike!.Channel, result.Spike.TokenClass, result.Spike.Position));
        Assert.Equal((1, 1, 3), (result.Shape!.FirstBlock, result.Shape.WriterBlock, result.Shape.StepDownBlock));
        Assert.Equal([(PlantedModel.Channel, PlantedModel.Neuron), (PlantedModel.SecondChannel, PlantedModel.Neuron)], result.SuperWeights.Select(weight => (weight.Row, weight.Column)));
        Assert.Equal(PlantedModel.Weight, result.SuperWeights[0].Weight);
        Assert.InRange(result.SuperWeights[0].Share, 0.95, 1.05);
        Assert.True(result.Path[1].IsLargestInput);
        Assert.Equal((PlantedModel.Neuron, PlantedModel.Channel), (result.Downs[1].InputChannel, result.Downs[1].OutputChannel));
        Assert.Equal(4, Assert.Single(result.Tokens).Count);
        Assert.Equal([2, 3], result.Attention.Select(block => block.Block));
        Assert.StartsWith("Block 1 makes it in one step", result.Verdict[1], StringComparison.Ordinal);
        Assert.Contains("model.layers.1.mlp.down_proj[5, 7], model.layers.1.mlp.down_proj[11, 7]", result.Verdict[1], StringComparison.Ordinal);

        // Every block's parts make up its output, and each block reads what the one before wrote.
        Assert.All(result.Path, step => Assert.Equal(step.After, step.Before + step.Attention + step.Mlp, 1e-9));
        Assert.All(result.Path.Zip(result.Path.Skip(1)), pair => Assert.Equal(pair.First.After, pair.Second.Before, 2e-3));

        // One token of 32 sets the scale of all; with its channel in float the others' error all but vanishes.
        Assert.All(result.Errors.Where(error => error.Element == "channels 5, 11"), error => Assert.InRange(error.ErrorShare!.Value, 0.5, 1));
        Assert.Equal(12 + (result.Spike.OtherChannels.Count == 0 ? -2 : 0), result.Errors.Count);
        Assert.Equal((8, 9), (progress[^1].Arm, progress[^1].ArmCount));

        using var document = JsonDocument.Parse(JsonSerializer.Serialize(result, EvalJson.Default.TraceResult));
        Assert.Equal("step", document.RootElement.GetProperty("origin").GetString());
        Assert.Equal("zero-weight", document.RootElement.GetProperty("controls")[0].GetProperty("change").GetString());
    }

    [Fact]
    public void Run_PlantedInGpt2_FindsItWithoutAGate()
    {
        using var model = PlantedModel.Gpt2();

        var result = Tracer.Run(model.Model, model.Tokenizer, s_text, "text", s_options);

        var weight = Assert.Single(result.SuperWeights);
        Assert.Equal(("h.1.mlp.c_proj", PlantedModel.Channel, PlantedModel.Neuron, 15f), (weight.Linear, weight.Row, weight.Column, weight.Weight));
        Assert.Equal((SpikeOrigin.Step, 1, null), (result.Origin, result.Shape!.FirstBlock, result.Shape.StepDownBlock));
        Assert.All(result.Path, step => Assert.Equal(step.After, step.Before + step.Attention + step.Mlp, 1e-9));
        Assert.All(result.Path.Zip(result.Path.Skip(1)), pair => Assert.Equal(pair.First.After, pair.Second.Before, 2e-3));
    }

    [Fact]
    public void Run_PlantedAtADelimiter_FollowsThatToken()
    {
        using var model = PlantedModel.AtFullStops();
        var text = SampleText.Of(2000);

        var result = Tracer.Run(model.Model, model.Tokenizer, text, "text", s_options with { Text = new PerplexityOptions { Context = 32, MaxWindows = 12 } });

        var fullStops = TextWindows.Cut(model.Tokenizer, text, "text", 32, true, 12).Windows.Select(window => window.Count(token => token == ByteTokenizer.FirstByteId + '.')).ToArray();
        Assert.Equal((SpikeOrigin.Step, PlantedModel.Channel, TokenClass.Delimiter, true), (result.Origin, result.Spike!.Channel, result.Spike.TokenClass, result.Spike.IsMassive));
        Assert.Equal((".", fullStops.Sum()), (result.Tokens.Single().Token, result.Tokens[0].Count));
        Assert.True(fullStops.Max() > 1 && result.Spike.Position > 0);
        Assert.Equal((PlantedModel.Channel, PlantedModel.Neuron), (result.SuperWeights.Single().Row, result.SuperWeights[0].Column));
        Assert.Equal([2, 3], result.Attention.Select(block => block.Block));
        Assert.All(result.Attention.SelectMany(block => block.Heads), share => Assert.InRange(share, 0, 1));
    }

    [Fact]
    public void Run_NothingPlanted_SaysNone()
    {
        using var model = EvaluatedModel.Random(new RandomCheckpoint { BlockCount = 3 });

        var result = Tracer.Run(model.Model, model.Tokenizer, s_text, "text", s_options);

        Assert.Equal((SpikeOrigin.None, null), (result.Origin, result.Spike));
        Assert.Equal(3, result.Downs.Count);
        Assert.Empty(result.SuperWeights);
        Assert.Empty(result.Controls);
        Assert.StartsWith("No spike", Assert.Single(result.Verdict), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_SpikeOfTheEmbedding_NamesNoWeight()
    {
        using var model = PlantedModel.InEmbedding();

        var result = Tracer.Run(model.Model, model.Tokenizer, s_text, "text", s_options);

        Assert.Equal((SpikeOrigin.Embedding, 3), (result.Origin, result.Spike!.Channel));
        Assert.InRange(result.Path[0].Before, 2999, 3001);
        Assert.Empty(result.SuperWeights);
        Assert.Empty(result.Controls);
        Assert.StartsWith("It starts in the embedding", result.Verdict[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ThreeBlocksBuildIt_SaysGradual()
    {
        using var model = PlantedModel.Gradual();

        var result = Tracer.Run(model.Model, model.Tokenizer, s_text, "text", s_options);

        Assert.Equal(SpikeOrigin.Gradual, result.Origin);
        Assert.Equal([0, 1, 2], result.Shape!.BuildingBlocks);
        Assert.Equal([7, 8, 9], result.Path.Take(3).Select(step => step.Neuron));
        Assert.Empty(result.SuperWeights);
        Assert.NotEmpty(result.Controls);
        Assert.StartsWith("It is built up gradually, so no super weight is named: block 0 adds", result.Verdict[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ManyNeuronsMakeTheStep_NamesNoSuperWeight()
    {
        using var model = PlantedModel.ManyNeurons();

        var result = Tracer.Run(model.Model, model.Tokenizer, s_text, "text", s_options);

        Assert.Equal((SpikeOrigin.Step, 1), (result.Origin, result.Shape!.FirstBlock));
        Assert.InRange(result.Path[1].Neuron, 10, 29);
        Assert.InRange(result.Path[1].ContributionShare!.Value, 0.03, 0.07);
        Assert.Empty(result.SuperWeights);
        Assert.Contains("no single weight makes half of it", result.Verdict[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Controls_EqualAModelWhoseWeightsWereEdited()
    {
        using var model = PlantedModel.Step();
        using var withoutWeight = PlantedModel.Step(tensors => tensors["model.layers.1.mlp.down_proj.weight"][(PlantedModel.Channel * 48) + PlantedModel.Neuron] = 0);
        using var withoutNeuron = PlantedModel.Step(tensors =>
        {
            for (var row = 0; row < 32; row++)
            {
                tensors["model.layers.1.mlp.down_proj.weight"][(row * 48) + PlantedModel.Neuron] = 0;
            }
        });

        var controls = Tracer.Run(model.Model, model.Tokenizer, s_text, "text", s_options).Controls;

        double Nll(EvaluatedModel edited) => PerplexityEvaluator.Run(edited.Model, edited.Tokenizer, s_text, "text", s_options.Text).MeanNll;
        Assert.Equal(Enum.GetValues<WeightChange>(), controls.Select(control => control.Change));
        Assert.Equal(Nll(withoutWeight), controls[0].Score.MeanNll, 1e-5);
        Assert.Equal(Nll(withoutNeuron), controls[2].Score.MeanNll, 1e-5);
        Assert.NotEqual(0, controls[0].Score.DeltaNll, 1e-4);
        Assert.Equal((null, PlantedModel.Neuron), (controls[2].Row, controls[2].Column));
        Assert.True(controls[4].Row != PlantedModel.Channel && controls[4].Column != PlantedModel.Neuron);
    }

    [Fact]
    public void Run_TwiceOnOneAndThreeThreads_GivesTheSameBytes()
    {
        using var one = EvaluatedModel.Random(new RandomCheckpoint { BosOutlier = 300, BlockCount = 3 }, threads: 1);
        using var three = EvaluatedModel.Random(new RandomCheckpoint { BosOutlier = 300, BlockCount = 3 }, threads: 3);

        string Trace(EvaluatedModel model)
        {
            var result = Tracer.Run(model.Model, model.Tokenizer, s_text, "text", s_options);
            return JsonSerializer.Serialize(result with { Baseline = null, Model = "" }, EvalJson.Default.TraceResult);
        }

        Assert.Equal(Trace(one), Trace(three));
    }

    [Fact]
    public void RunOnPrompt_ConstantKeyBeforeTheTokens_CountsTheAttentionToTheSpikesToken()
    {
        using var model = EvaluatedModel.Random(Own(AttentionVariant.Bias, NormPlacement.Pre) with { BosOutlier = 3000 });
        var tokens = 1 + model.Tokenizer.Encode("A short prompt.").Length;
        var observer = new FirstTokenAttention(tokens);

        var attention = Tracer.RunOnPrompt(model.Model, model.Tokenizer, "A short prompt.", true, s_options).Attention;

        new ForwardPass(model.Model).Run([[ByteTokenizer.BosTokenId, .. model.Tokenizer.Encode("A short prompt.")]], observer, new ForwardOptions { Observer = observer });
        var block = Assert.Single(attention);
        Assert.Equal((1, observer.Columns), (block.Block, tokens + 1));
        Assert.All(block.Heads.Zip(observer.Means), pair => Assert.Equal(pair.Second, pair.First, 1e-6));
    }

    [Fact]
    public void RunOnPrompt_PlantedSuperWeight_FindsItWithoutControls()
    {
        using var model = PlantedModel.Step();

        var result = Tracer.RunOnPrompt(model.Model, model.Tokenizer, "A short prompt.", true, s_options);

        Assert.Equal((PlantedModel.Channel, PlantedModel.Neuron), (result.SuperWeights[0].Row, result.SuperWeights[0].Column));
        Assert.Empty(result.Controls);
        Assert.Null(result.Baseline);
    }

    [Fact]
    public void Run_BadInput_SaysWhatWouldBeRight()
    {
        using var model = EvaluatedModel.Random();
        var quantized = Quantizer.Apply(model.Model, QuantizationPlanner.Plan(model.Model, null, new QuantizationOptions { Scheme = Scheme.Parse("w8a16") }));

        Assert.Contains("is quantized; a trace reads float weights", Fails(() => Tracer.Run(quantized, model.Tokenizer, s_text, "text", s_options)), StringComparison.Ordinal);
        Assert.Contains("must be a number of at least 1", Fails(() => Tracer.Run(model.Model, model.Tokenizer, s_text, "text", s_options with { MinRatio = 0.5 })), StringComparison.Ordinal);
        Assert.Contains("the text is empty", Fails(() => Tracer.Run(model.Model, model.Tokenizer, "", "text", s_options)), StringComparison.Ordinal);
        Assert.Contains("The prompt has 1 tokens", Fails(() => Tracer.RunOnPrompt(model.Model, model.Tokenizer, "", true, s_options)), StringComparison.Ordinal);

        var folded = model.Model.With(fold: FoldBuilder.Compute(model.Model, [ByteTokenizer.BosTokenId], ByteTokenizer.BosTokenId));
        Assert.Contains("is folded", Fails(() => Tracer.Run(folded, model.Tokenizer, s_text, "text", s_options)), StringComparison.Ordinal);
        using var sandwich = EvaluatedModel.Random(Own(AttentionVariant.Default, NormPlacement.Sandwich));
        Assert.Contains("has sandwich norms", Fails(() => Tracer.Run(sandwich.Model, sandwich.Tokenizer, s_text, "text", s_options)), StringComparison.Ordinal);

        static string Fails(Action action) => Assert.Throws<ArgumentException>(action).Message;
    }

    [SharedFact]
    [Trait("Category", "Trained")]
    public void Run_TinyLlama_IsBuiltInTwoStepsByOneWeightAndByMany()
    {
        using var model = EvaluatedModel.Shared("tiny-llama");

        var result = Tracer.Run(
            model.Model, model.Tokenizer, File.ReadAllText(SharedData.Require("text/valid.txt")), "valid.txt", new() { Text = new() { Context = 256, MaxWindows = 8 } });

        Assert.Equal((SpikeOrigin.Gradual, 41, 0), (result.Origin, result.Spike!.Channel, result.Shape!.WriterBlock));
        Assert.Equal([0, 3], result.Shape.BuildingBlocks);
        Assert.Equal((265, true), (result.Path[0].Neuron, result.Path[0].IsLargestInput));
        Assert.InRange(result.Path[0].ContributionShare!.Value, 0.8, 0.83);
        Assert.InRange(result.Path[3].ContributionShare!.Value, 0.2, 0.23);
        Assert.Equal(-1208.01, result.Path[3].After, 0.01);

        // Set to its mean, the weight costs nothing: at BOS, where it matters, it is a constant.
        Assert.True(result.Controls[0].Score.DeltaNll > 0.003);
        Assert.InRange(result.Controls[1].Score.DeltaNll, -0.001, 0.001);
    }

    private static RandomCheckpoint Own(AttentionVariant attention, NormPlacement norm) => new() { Architecture = "OutlierQuantLlamaForCausalLM", Variant = new(attention, norm, false) };

    /// <summary>The mean attention of each head of block 1 to the first token, over the tokens behind it.</summary>
    private sealed class FirstTokenAttention(int tokens) : IForwardObserver, IWindowConsumer
    {
        public int Columns { get; private set; }

        public double[] Means { get; private set; } = [];

        public bool Wants(ObservationPoint point) => point == new ObservationPoint(ObservationKind.AttentionProbabilities, 1);

        public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
        {
            // The prompt is so short that it comes in one piece. The last columns are the tokens.
            Columns = columns;
            float[] probabilities = values.ToArray();
            Means = [.. Enumerable.Range(0, rows / tokens).Select(head => Enumerable.Range(1, tokens - 1).Average(token => (double)probabilities[(((head * tokens) + token) * columns) + columns - tokens]))];
        }

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
        }
    }
}
