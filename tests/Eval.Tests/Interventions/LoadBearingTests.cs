using System.Text.Json;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Eval.Scoring;
using OutlierQuant.Eval.Statistics;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Interventions;

public class LoadBearingTests
{
    [Theory]
    [InlineData(0.5, 0.5, 0.6, 0.6, LoadBearingVerdict.Needed)]
    [InlineData(0.001, 0.5, 0.6, 0.6, LoadBearingVerdict.Needed)]
    [InlineData(0.02, 0.03, 0.1, 0.2, LoadBearingVerdict.Companion)]
    [InlineData(0.0049, 0.003, 0.002, -0.1, LoadBearingVerdict.Harmless)]
    [InlineData(0.1, 0, 0.2, 0.2, LoadBearingVerdict.Needed)]
    public void VerdictOf_FourCosts_FollowsTheRule(double once, double held, double companionsOnce, double companionsHeld, LoadBearingVerdict expected)
    {
        Assert.Equal(expected, LoadBearingTest.VerdictOf([Arm(false, false, once), Arm(false, true, held), Arm(true, false, companionsOnce), Arm(true, true, companionsHeld)]));
    }

    [Fact]
    public void VerdictOf_CostsThatMayBeNothing_IsHarmless()
    {
        LoadBearingArm[] arms = [.. new[] { 0.3, 0.3, 0.3, 0.3 }.Select(cost => Arm(false, false, cost, new Interval(-0.1, 0.7)))];

        Assert.Equal(LoadBearingVerdict.Harmless, LoadBearingTest.VerdictOf(arms));
    }

    [Fact]
    public void Rewriting_ByHand_DividesByTheLargestLaterValue()
    {
        Assert.Equal((0.5, 0.75), LoadBearingTest.Rewriting([100, 200, 40], [100, 100, 30]));
        Assert.Equal((null, null), LoadBearingTest.Rewriting([100], [100]));
        Assert.Equal((null, null), LoadBearingTest.Rewriting([], []));
        Assert.Equal((2, 0), LoadBearingTest.Rewriting([100, 50, 0], [100, 0, 0]));
    }

    [Fact]
    public void Run_OneCoordinateOnce_EqualsThePlainZeroing()
    {
        using var model = EvaluatedModel.Random(new RandomCheckpoint { BosOutlier = 300, BlockCount = 3 });
        var text = SampleText.Of(600);
        var profile = model.Calibrate(text, "text", 32, 4);

        var result = InterventionStudy.Run(
            model.Model, model.Tokenizer, profile, text, "text", new() { Block = 0, Channels = [3], LoadBearing = true, Text = new() { Context = 32, MaxWindows = 4 } });

        var test = result.LoadBearing!;
        var zero = result.Arms.Single(arm => arm.Intervention == Intervention.Zero);
        Assert.Equal(4, test.Arms.Count);
        Assert.Equal([4, 12], test.Arms.Take(2).Select(arm => arm.EntriesChanged));
        Assert.Equal((zero.Perplexity, zero.DeltaNll), (test.Arms[0].Score.Perplexity, test.Arms[0].Score.DeltaNll));
        Assert.NotEqual(test.Arms[0].Score.DeltaNll, test.Arms[1].Score.DeltaNll);

        // The value that the profile recorded at BOS, block by block, is what the tracker saw in these windows: BOS depends on nothing else.
        Assert.Equal(3, test.Magnitudes.Count);
        Assert.All(profile.Blocks.Zip(test.Magnitudes), pair => Assert.Equal(Math.Abs(pair.First.Channels.MeanAtSink[3]), pair.Second, 1e-3));
        Assert.Equal(test.Magnitudes[0] / test.Magnitudes.Skip(1).Max(), test.RewriteRatio!.Value, 1e-12);
        Assert.InRange(test.Restored!.Value, 0, 0.1);

        using var document = JsonDocument.Parse(JsonSerializer.Serialize(result, EvalJson.Default.InterventionResult));
        var json = document.RootElement.GetProperty("loadBearing");
        Assert.Contains(json.GetProperty("verdict").GetString(), (string[])["needed", "companion", "harmless"]);
        Assert.Equal(2, json.GetProperty("arms")[3].GetProperty("score").GetProperty("deltaNllCi95").GetArrayLength());
    }

    [Fact]
    public void Run_NotAskedFor_IsLeftOut()
    {
        using var model = EvaluatedModel.Random();
        var text = SampleText.Of(300);

        var result = InterventionStudy.Run(
            model.Model, model.Tokenizer, model.Calibrate(text, "text", 32, 2), text, "text", new() { Interventions = [], Text = new() { Context = 32, MaxWindows = 2 } });

        Assert.Null(result.LoadBearing);
    }

    [SharedTheory]
    [Trait("Category", "Trained")]
    [InlineData("tiny-llama", LoadBearingVerdict.Needed, 41, 206, 0.7318)]
    [InlineData("tiny-gpt2", LoadBearingVerdict.Companion, 232, 41, 0.8975)]
    public void Run_SharedModel_TellsTheTwoApart(string name, LoadBearingVerdict verdict, int strict, int companion, double rewriteRatio)
    {
        using var model = EvaluatedModel.Shared(name);
        var profile = model.Calibrate(File.ReadAllText(SharedData.Require("text/calib.txt")), "calib.txt", 256, 2);

        var test = InterventionStudy.Run(
            model.Model, model.Tokenizer, profile, File.ReadAllText(SharedData.Require("text/valid.txt")), "valid.txt",
            new() { Interventions = [], LoadBearing = true, Text = new() { Context = 256, MaxWindows = 16 } }).LoadBearing!;

        Assert.Equal((verdict, strict, companion), (test.Verdict, test.Strict.Single().Channel, test.Companions[0].Channel));
        Assert.Equal(rewriteRatio, test.RewriteRatio!.Value, 1e-3);
    }

    private static LoadBearingArm Arm(bool withCompanions, bool held, double cost, Interval? interval = null) =>
        new(withCompanions, held, 8, new PairedScore(50 * Math.Exp(cost), 4, 0.01, cost, interval ?? new Interval(cost - 0.001, cost + 0.001)));
}
