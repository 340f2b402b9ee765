using System.Text.Json.Nodes;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Checkpoints;
using OutlierQuant.Models;
using OutlierQuant.Models.Folding;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Folding;

public sealed class FoldedCalibratorTests
{
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData("LlamaForCausalLM")]
    [InlineData("Qwen3ForCausalLM")]
    [InlineData("GPT2LMHeadModel")]
    public void Run_BosFolded_ProfileIsThatOfTheOtherTokens(string architecture)
    {
        using FoldingModel model = new(new RandomCheckpoint { Architecture = architecture, BosOutlier = 5000 });
        CalibrationSet set = model.Cut();
        CalibrationProfile unfolded = Calibrator.Run(model.Model, model.Tokenizer, set, new());

        CalibrationProfile folded = FoldedCalibrator.Run(model.Model, model.Tokenizer, set, new(), new()).Profile;

        Assert.NotEmpty(unfolded.Massive);
        Assert.Empty(folded.Massive);
        Assert.False(folded.Onset.IsMassive);
        Assert.DoesNotContain(folded.Onset.Coordinates, coordinate => coordinate.TokenClass is TokenClass.Bos or TokenClass.First);
        Assert.EndsWith("where a coordinate is the largest multiple of the median", folded.Onset.Reason, StringComparison.Ordinal);
        for (int block = 0; block < 2; block++)
        {
            AssertElsewhere(unfolded.Blocks[block].Channels, folded.Blocks[block].Channels);
            Assert.Empty(folded.Blocks[block].AtBos);
            TopEntry expected = unfolded.Blocks[block].Elsewhere!, actual = folded.Blocks[block].Elsewhere!;
            Assert.Equal((expected.Window, expected.Position, expected.TokenId, expected.Channel), (actual.Window, actual.Position, actual.TokenId, actual.Channel));
            Assert.Equal(expected.Value, actual.Value, Tolerance);
        }

        foreach ((LinearInputProfile before, LinearInputProfile after) in unfolded.LinearInputs.Zip(folded.LinearInputs).Where(pair => pair.First.Block >= 0))
        {
            Assert.Equal(before.Linears, after.Linears);
            AssertElsewhere(before.Channels, after.Channels);
        }

        // The head still reads the constant state of BOS.
        ChannelStatistics headBefore = unfolded.LinearInputs[^1].Channels, headAfter = folded.LinearInputs[^1].Channels;
        Assert.All(headBefore.AbsMax.Zip(headAfter.AbsMax), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
        Assert.All(headBefore.Mean.Zip(headAfter.MeanElsewhere), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
    }

    [Fact]
    public void Run_BosFolded_SaysWhatTheStreamHeldBefore()
    {
        using FoldingModel model = new(new RandomCheckpoint { BosOutlier = 5000 });
        CalibrationSet set = model.Cut();
        CalibrationProfile unfolded = Calibrator.Run(model.Model, model.Tokenizer, set, new());

        CalibrationProfile folded = FoldedCalibrator.Run(model.Model, model.Tokenizer, set, new(), new(), unfolded).Profile;
        FoldReport report = FoldReport.Of(folded)!;

        Assert.Equal("[<|bos|>] (token id 0)", folded.Fold!.ToString());
        Assert.Null(folded.Fold.Search);
        Assert.Equal(1, report.Fold.Before!.Findings.MassiveCoordinates);
        TopEntry largest = report.Fold.Before.Findings.Largest;
        Assert.Equal((3, "<|bos|>"), (largest.Channel, largest.Token));
        Assert.Equal(5000, largest.Value, 100.0);
        Assert.Equal(0, report.After.MassiveCoordinates);
        Assert.Equal(unfolded.Blocks.Count, report.BlockOutputs.Count);
        foreach ((ScaleChange change, BlockProfile before, BlockProfile after) in report.BlockOutputs.Zip(unfolded.Blocks, folded.Blocks))
        {
            Assert.Equal(before.Channels.AbsMax.Max(), change.AbsMaxBefore);
            Assert.Equal(after.Channels.AbsMax.Max(), change.AbsMaxAfter);
            Assert.Equal(change.AbsMaxBefore / 127, change.ScaleBefore);
            Assert.Equal(change.AbsMaxAfter / 127, change.ScaleAfter);
            Assert.Equal((double)change.AbsMaxBefore / change.AbsMaxAfter, change.Ratio, 1e-12);
            Assert.InRange(change.Ratio, 100, 1e5);
        }

        Assert.Equal(unfolded.LinearInputs.Select(input => input.Channels.AbsMax.Max()), report.Inputs.Select(change => change.AbsMaxBefore));
        Assert.Equal(folded.LinearInputs.Select(input => input.Channels.AbsMax.Max()), report.Inputs.Select(change => change.AbsMaxAfter));
        Assert.Null(FoldReport.Of(unfolded));
        Assert.Null(unfolded.Fold);
    }

    [Fact]
    public void Run_WithoutTheUnfoldedProfile_MakesTheSame()
    {
        using FoldingModel model = new();
        CalibrationSet set = model.Cut();
        CalibrationProfile unfolded = Calibrator.Run(model.Model, model.Tokenizer, set, new());
        FoldOptions options = new() { Prefix = FoldPrefixChoice.Of([40, 0]), Merge = true, DropValuesBelow = 0.8 };
        List<string> told = [];

        string given = FoldedCalibrator.Run(model.Model, model.Tokenizer, set, new(), options, unfolded).Profile.ToJson();
        string made = FoldedCalibrator.Run(model.Model, model.Tokenizer, set, new(), options, progress: (what, _) => told.Add(what)).Profile.ToJson();

        Assert.Equal(given, made);
        Assert.Equal(["calibrating", "merging", "measuring values", "calibrating, folded"], told.Distinct());
    }

    [Fact]
    public void Run_MergeAndDrop_AreDoneInThisOrderAndDescribed()
    {
        using FoldingModel model = new();
        FoldedCalibration result = FoldedCalibrator.Run(
            model.Model, model.Tokenizer, model.Cut(), new(), new() { Prefix = FoldPrefixChoice.Of([40, 0]), Merge = true, DropValuesBelow = 100 });

        FoldProfile fold = result.Profile.Fold!;
        Assert.Equal((1, 4), (fold.Description.Slots, fold.Description.DroppedValues));
        Assert.Equal((2, 4), (fold.Merge!.Slots, fold.Merge.Heads.Count));
        Assert.Equal((4, 4, 100), (fold.Drop!.Dropped, fold.Drop.Values.Count, fold.Drop.Bound));
        Assert.Equal("[& <|bos|>] (token ids 40, 0, 1 pair a head, 4 values dropped)", fold.ToString());
        Assert.Equal([40, 0], result.Model.Fold!.Prefix!.TokenIds);
        Assert.All(result.Model.Fold.Blocks, block => Assert.Equal(new float[16], block.Values.ToArray()));
    }

    [Fact]
    public void Run_Auto_FoldsWhatTheSearchFound()
    {
        using FoldingModel model = new(new RandomCheckpoint { BosOutlier = 5000 });
        FoldProfile fold = FoldedCalibrator.Run(model.Model, model.Tokenizer, model.Cut(), new(), new() { Prefix = FoldPrefixChoice.Auto, Merge = true }).Profile.Fold!;

        Assert.True(fold.Search!.Suffices);
        Assert.Equal(fold.Search.Found.Prefix.Select(token => (token.TokenId, token.Token)), fold.Description.Prefix.Zip(fold.Tokens));
        Assert.Null(fold.Merge); // one pair is nothing to merge
    }

    [Fact]
    public void Run_WindowsLongerThanThePrefixLeaves_AreShortened()
    {
        using FoldingModel model = new(new RandomCheckpoint { MaxPositions = FoldingModel.Context });

        CalibrationProfile profile = FoldedCalibrator.Run(model.Model, model.Tokenizer, model.Cut(), new(), new() { Prefix = FoldPrefixChoice.Of([40, 50, 0]) }).Profile;

        Assert.Equal(FoldingModel.Context - 2, profile.Text.Context);
    }

    [Fact]
    public void Run_WithoutBos_NamesTheOption()
    {
        using FoldingModel model = new();

        Assert.Contains("--no-bos", Assert.Throws<ArgumentException>(() => FoldedCalibrator.Run(model.Model, model.Tokenizer, model.Cut(bos: false), new(), new())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RequireModel_AnotherFold_SaysBoth()
    {
        using FoldingModel model = new();
        CalibrationSet set = model.Cut();
        CalibrationProfile unfolded = Calibrator.Run(model.Model, model.Tokenizer, set, new());
        FoldedCalibration folded = FoldedCalibrator.Run(model.Model, model.Tokenizer, set, new(), new(), unfolded);
        TransformerModel other = model.Model.With(fold: FoldBuilder.Compute(model.Model, [40, 0], 0));

        unfolded.RequireModel(model.Model);
        folded.Profile.RequireModel(folded.Model);
        folded.Profile.RequireModel(model.Model.With(fold: FoldBuilder.Compute(model.Model, [0], 0)));
        Refuse(unfolded, folded.Model, "without a fold, but this model is folded at token id 0.");
        Refuse(folded.Profile, model.Model, "folded at [<|bos|>] (token id 0), but this model is not folded");
        Refuse(folded.Profile, other, "folded at [<|bos|>] (token id 0), but this model is folded at token ids 40, 0.");
        Refuse(folded.Profile, model.Model.With(fold: ValueDrop.Apply(folded.Model, set, 100).Fold), "folded at token id 0, 4 values dropped.");

        static void Refuse(CalibrationProfile profile, TransformerModel model, string words) =>
            Assert.Contains(words, Assert.Throws<ArgumentException>(() => profile.RequireModel(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_FoldedProfile_IsReadBackWithTheSameBytes()
    {
        using FoldingModel model = new(new RandomCheckpoint { BosOutlier = 5000 });
        FoldOptions options = new() { Prefix = FoldPrefixChoice.Of([40, 0]), Merge = true, DropValuesBelow = 0.5 };
        CalibrationProfile profile = FoldedCalibrator.Run(model.Model, model.Tokenizer, model.Cut(), new(), options).Profile;
        profile.Save(model.File("p.json"));

        Assert.Equal(profile.ToJson(), CalibrationProfile.Load(model.File("p.json")).ToJson());
        Assert.DoesNotContain("\"fold\"", Calibrator.Run(model.Model, model.Tokenizer, model.Cut(), new()).ToJson(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("description.slots", "0", "$.fold.description.slots is 0; a fold has at least one")]
    [InlineData("description.droppedValues", "-1", "$.fold.description.droppedValues is -1")]
    [InlineData("description.bosTokenId", "null", "$.fold.description.bosTokenId does not agree")]
    [InlineData("description.prefix", "[]", "$.fold.tokens has 1 texts; 0 are needed")]
    [InlineData("before.inputAbsMax", "[1]", "$.fold.before.inputAbsMax has 1 values; 9 are needed")]
    [InlineData("before.blockAbsMax", "[1, 2, 3]", "$.fold.before.blockAbsMax has 3 values; 2 are needed")]
    [InlineData("before.blockAbsMax", "[1, -2]", "$.fold.before has a negative magnitude")]
    [InlineData("before.other", "1", "unknown key $.fold.before.other")]
    [InlineData("search", "5", "$.fold.search holds a value of the wrong kind")]
    public void Load_WrongFold_SaysWhatIsNeeded(string place, string json, string expected)
    {
        using FoldingModel model = new();
        JsonNode document = JsonNode.Parse(FoldedCalibrator.Run(model.Model, model.Tokenizer, model.Cut(), new(), new()).Profile.ToJson())!;
        JsonNode parent = document["fold"]!;
        string[] keys = place.Split('.');
        foreach (string key in keys[..^1])
        {
            parent = parent[key]!;
        }

        parent[keys[^1]] = JsonNode.Parse(json);
        File.WriteAllText(model.File("p.json"), document.ToJsonString());

        Assert.Contains(expected, Assert.Throws<CheckpointFormatException>(() => CalibrationProfile.Load(model.File("p.json"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_MeansAtAFoldedSink_AreRefused()
    {
        using FoldingModel model = new();
        JsonNode document = JsonNode.Parse(FoldedCalibrator.Run(model.Model, model.Tokenizer, model.Cut(), new(), new()).Profile.ToJson())!;
        document["blocks"]![0]!["channels"]!["meanAtSink"] = new JsonArray(1);
        File.WriteAllText(model.File("p.json"), document.ToJsonString());

        Assert.Contains("0 are needed, because the prefix is folded", Assert.Throws<CheckpointFormatException>(() => CalibrationProfile.Load(model.File("p.json"))).Message, StringComparison.Ordinal);
    }

    private static void AssertElsewhere(ChannelStatistics unfolded, ChannelStatistics folded)
    {
        Assert.Empty(folded.MeanAtSink);
        for (int channel = 0; channel < folded.Count; channel++)
        {
            Assert.Equal(unfolded.MeanElsewhere[channel], folded.Mean[channel], Tolerance);
            Assert.Equal(unfolded.MeanElsewhere[channel], folded.MeanElsewhere[channel], Tolerance);
            Assert.True(folded.AbsMax[channel] <= unfolded.AbsMax[channel] + Tolerance);
        }
    }
}
