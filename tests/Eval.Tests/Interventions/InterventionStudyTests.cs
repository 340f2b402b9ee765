using System.Text.Json;
using OutlierQuant.Calibration;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Models;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Interventions;

public class InterventionStudyTests
{
    private static readonly string s_text = SampleText.Of(600);

    [Fact]
    public void Apply_EachIntervention_ChangesWhatItSays()
    {
        using var model = EvaluatedModel.Random();
        var classifier = new TokenClassifier(model.Tokenizer);
        InterventionCoordinate[] coordinates = [new(1, TokenClass.Bos, 90), new(3, TokenClass.Bos, -400)];

        // Two tokens of six channels: BOS with massive values in channels 1 and 3, and a token that no coordinate is about.
        float[] Apply(Intervention intervention)
        {
            float[] hidden = [1, 100, -2, -400, 3, 4, 7, 100, 7, -400, 7, 7];
            var transform = new BlockIntervention(2, intervention, coordinates, classifier, 1, 6);
            transform.Apply(1, new SequenceChunk(new[] { 0, 50 }, 0, true), hidden, 6);
            Assert.Equal(0, transform.EntriesChanged);
            transform.Apply(2, new SequenceChunk(new[] { 0, 50 }, 0, true), hidden, 6);
            Assert.Equal(2, transform.EntriesChanged);
            Assert.Equal([7, 100, 7, -400, 7, 7], hidden[6..]);
            return hidden[..6];
        }

        Assert.Equal([1, 0, -2, 0, 3, 4], Apply(Intervention.Zero));
        Assert.Equal([1, 90, -2, -400, 3, 4], Apply(Intervention.Mean));

        // Other magnitudes are 1, 2, 3, 4: the upper of the two middle ones is 3, and the two nearest to the middle are 2 and 3.
        Assert.Equal([1, 3, -2, -3, 3, 4], Apply(Intervention.Clip));
        Assert.Equal([1, 100, 0, -400, 0, 4], Apply(Intervention.ZeroMedian));
        var random = Apply(Intervention.ZeroRandom);
        Assert.Equal((100f, -400f, 2), (random[1], random[3], random.Count(value => value == 0)));
        Assert.Equal(random, Apply(Intervention.ZeroRandom));
    }

    [Fact]
    public void Apply_ValueUnderHalfOfTheMean_IsLeftAlone()
    {
        using var model = EvaluatedModel.Random();
        var transform = new BlockIntervention(0, Intervention.Zero, [new(0, TokenClass.Other, 100)], new TokenClassifier(model.Tokenizer), 1, 2);
        float[] hidden = [80, 1, 49, 1, 50, 1];

        // Position 0 without BOS is of class First; the other two tokens are letters.
        transform.Apply(0, new SequenceChunk(new[] { 100, 101, 102 }, 0, false), hidden, 2);

        Assert.Equal([80, 1, 49, 1, 0, 1], hidden);
    }

    [Fact]
    public void Run_MassiveBos_MeanLeavesThePerplexityAndJsonHasTheKeys()
    {
        using var model = EvaluatedModel.Random();
        var profile = model.Calibrate(s_text, "text", 32, 4);
        var progress = new List<ArmProgress>();

        var result = InterventionStudy.Run(
            model.Model, model.Tokenizer, profile, s_text, "text", new() { Text = new() { Context = 32, MaxWindows = 4 }, Progress = progress.Add });

        // BOS attends to itself alone, so its values are the same in every window and their mean is the value, up to rounding.
        var mean = result.Arms.Single(arm => arm.Intervention == Intervention.Mean);
        Assert.Equal(0, mean.DeltaNll, 1e-5);
        Assert.Equal(profile.Onset.Block, result.Block);
        Assert.All(result.Arms, arm => Assert.Equal(4 * result.Coordinates.Count, arm.EntriesChanged));
        Assert.Equal((0, 6), (progress[0].Arm, progress[0].ArmCount));
        Assert.Equal(5, progress[^1].Arm);
        Assert.NotEmpty(result.Verdict);

        using var document = JsonDocument.Parse(JsonSerializer.Serialize(result, EvalJson.Default.InterventionResult));
        var arm = document.RootElement.GetProperty("arms")[0];
        Assert.Equal("zero", arm.GetProperty("intervention").GetString());
        Assert.Equal(2, arm.GetProperty("deltaNllCi95").GetArrayLength());
        Assert.All(["perplexity", "deltaNll"], key => Assert.Equal(JsonValueKind.Number, arm.GetProperty(key).ValueKind));
        Assert.Equal(JsonValueKind.Number, document.RootElement.GetProperty("block").ValueKind);
        Assert.Equal("bos", document.RootElement.GetProperty("coordinates")[0].GetProperty("tokenClass").GetString());
    }

    [Theory]
    [InlineData(9, "1", "Block 9 does not exist; the model has blocks 0 to 1")]
    [InlineData(-1, "1", "Block -1 does not exist")]
    [InlineData(1, "32", "Channel 32 does not exist; the hidden size is 32, so channels are 0 to 31")]
    [InlineData(1, "4 4", "name one twice")]
    [InlineData(1, "", "0 channels were chosen; choose 1 to 16")]
    public void Run_BadChoice_SaysWhatWouldBeRight(int block, string channels, string expected)
    {
        using var model = EvaluatedModel.Random();
        var profile = model.Calibrate(s_text, "text", 32, 2);
        var options = new InterventionOptions { Block = block, Channels = [.. channels.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)] };

        var error = Assert.Throws<ArgumentException>(() => InterventionStudy.Run(model.Model, model.Tokenizer, profile, s_text, "text", options));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ProfileOfAnotherModel_GivesBothShapes()
    {
        using var model = EvaluatedModel.Random();
        using var other = EvaluatedModel.Random(new RandomCheckpoint { BlockCount = 3 });
        var profile = other.Calibrate(s_text, "text", 32, 2);

        var error = Assert.Throws<ArgumentException>(() => InterventionStudy.Run(model.Model, model.Tokenizer, profile, s_text, "text", new()));

        Assert.Contains("3 blocks of 32 channels, but this one has 2 of 32", error.Message, StringComparison.Ordinal);
    }

    // The numbers of the models' READMEs, on 32 windows of valid.txt.
    [SharedTheory]
    [Trait("Category", "Trained")]
    [InlineData("tiny-llama", 3, new[] { 41, 206, 205, 227, 45, 146, 32, 67 }, 46.526, 56.664, 46.54)]
    [InlineData("tiny-gpt2", 2, new[] { 232, 32, 41, 105, 215, 233, 110, 128 }, 68.566, 69.624, 68.565)]
    public void Run_SharedModel_EqualsReadme(string name, int block, int[] channels, double untouched, double zero, double median)
    {
        using var model = EvaluatedModel.Shared(name);
        var profile = model.Calibrate(File.ReadAllText(SharedData.Require("text/calib.txt")), "calib.txt", 256, 2);

        var result = InterventionStudy.Run(
            model.Model, model.Tokenizer, profile, File.ReadAllText(SharedData.Require("text/valid.txt")), "valid.txt", new()
            {
                Block = block,
                Channels = channels,
                Interventions = [Intervention.Zero, Intervention.Mean, Intervention.ZeroMedian],
                Text = new() { Context = 256, MaxWindows = 32 },
            });

        double[] expected = [zero, untouched, median];
        Assert.InRange(result.Baseline.Perplexity, untouched * 0.999, untouched * 1.001);
        Assert.All(expected.Zip(result.Arms), pair => Assert.InRange(pair.Second.Perplexity, pair.First * 0.999, pair.First * 1.001));
        Assert.True(result.Arms[0].DeltaNllCi95!.Value.Low > 0);
    }
}
