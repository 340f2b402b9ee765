using System.Text.Json;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Checkpoints;
using OutlierQuant.Models;
using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Linears;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Quantizers.Tests;

/// <summary>Plans and checkpoints of folded models.</summary>
public sealed class FoldTests : IDisposable
{
    private const string Down = "model.layers.1.mlp.down_proj";

    private static readonly int[] s_tokens = [0, 72, 103, 110, 34, 200, 17];

    private readonly PreparedModel _prepared = PreparedModel.Random("LlamaForCausalLM");
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Plan_Fold_TakesScalesAndChannelsOfTheStreamThatIsLeft()
    {
        ChannelStatistics left = _prepared.Folded.Profile.Linear(Down).Channels;
        float[] falling = [.. left.AbsMax.OrderDescending()];

        LinearPlan fold = _prepared.Plan("w8a8-tensor-static", "fold").Linears.Single(linear => linear.Name == Down);
        LinearPlan both = _prepared.Plan("w8a8-tensor-static", "fold+channels", 3).Linears.Single(linear => linear.Name == Down);

        Assert.Equal(falling[0] / 127, fold.StaticScale);
        Assert.Empty(fold.Channels);
        Assert.Equal(falling[3] / 127, both.StaticScale);
        Assert.Equal(left.ByAbsMax().Take(3).Order(), both.Channels.Select(channel => channel.Channel));
        float?[] before = [.. _prepared.Plan("w8a8-tensor-static").Linears.Select(linear => linear.StaticScale)];
        float?[] after = [.. _prepared.Plan("w8a8-tensor-static", "fold").Linears.Select(linear => linear.StaticScale)];
        Assert.True(after[0] < before[0] / 1.5, "BOS has the largest values of the first input");
    }

    [Fact]
    public void Plan_ResidualStream_ShrinksByTheSink()
    {
        float none = _prepared.Plan("residual-int4").Blocks[0].Scale;
        float fold = _prepared.Plan("residual-int4", "fold").Blocks[0].Scale;

        Assert.True(none > 8 * fold, $"{none} and {fold}"); // the outlier of 60 at BOS beside entries near 3
        Assert.Equal("none", _prepared.Apply(_prepared.Plan("residual-int4", "fold")).Transforms.OfType<ResidualQuantizer>().Single().Residual.Preserve);
        Assert.Equal("channels", _prepared.Apply(_prepared.Plan("residual-int4", "fold+channels")).Transforms.OfType<ResidualQuantizer>().Single().Residual.Preserve);
    }

    [Fact]
    public void Plan_Reason_TellsWhatWasFoldedAndHow()
    {
        Assert.Equal(
            "The keys and values of [<|bos|>] (token id 0) do not depend on later tokens; they are computed once in full precision and leave the stream.",
            _prepared.Plan("w8a8-tensor-static", "fold").Fold!.Reason);
        Assert.Equal(_prepared.Plan("w8a8-tensor-static", "fold").Fold, _prepared.Plan("w8a16", "fold").Fold, (first, second) => first!.Reason == second!.Reason); // told, though no scale is taken from the profile
        Assert.StartsWith("The keys and values of token id 0 do not", QuantizationPlanner.Plan(_prepared.Folded.Model, null, PreparedModel.Options("w8a16", "fold")).Fold!.Reason, StringComparison.Ordinal);

        FoldedCalibration merged = _prepared.Fold(new() { Prefix = FoldPrefixChoice.Of([40, 0]), Merge = true, DropValuesBelow = 100 });
        FoldPlan fold = QuantizationPlanner.Plan(merged.Model, merged.Profile, PreparedModel.Options("w8a8-tensor-static", "fold")).Fold!;
        Assert.Equal((1, 4), (fold.Description.Slots, fold.Description.DroppedValues));
        Assert.Contains("2 pairs a head were merged into one by least squares", fold.Reason, StringComparison.Ordinal);
        Assert.EndsWith("4 of 4 values are below 100 of their head's mean value norm and became 0.", fold.Reason, StringComparison.Ordinal);

        FoldedCalibration found = _prepared.Fold(new() { Prefix = FoldPrefixChoice.Auto });
        Assert.EndsWith(
            "1 prefix was tried on 4 windows: no token behind the prefix holds anything massive.",
            QuantizationPlanner.Plan(found.Model, found.Profile, PreparedModel.Options("w8a8-tensor-static", "fold")).Fold!.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LlamaForCausalLM")]
    [InlineData("GPT2LMHeadModel")]
    public void Write_FullPrecision_IsTheFoldedModel(string architecture)
    {
        using PreparedModel prepared = PreparedModel.Random(architecture);
        foreach (FoldedCalibration folded in (FoldedCalibration[])[
            prepared.Folded,
            prepared.Fold(new() { Prefix = FoldPrefixChoice.Of([40, 50, 0]) }),
            prepared.Fold(new() { Prefix = FoldPrefixChoice.Of([40, 0]), Merge = true, DropValuesBelow = 0.9 })])
        {
            QuantizationPlan plan = QuantizationPlanner.Plan(folded.Model, null, PreparedModel.Options("float", "fold"));
            QuantizedCheckpoint.Write(Quantizer.Apply(folded.Model, plan), plan, _directory.File("out"), overwrite: true);
            using TransformerModel reopened = TransformerModel.Open(_directory.File("out"), prepared.Context);

            Assert.Equal(folded.Model.Logits(s_tokens), reopened.Logits(s_tokens));
            Assert.Equal(folded.Model.LongestSequence, reopened.LongestSequence);
            Assert.All(reopened.Linears, linear => Assert.IsType<FloatLinear>(linear));
            Assert.True(folded.Profile.Fold!.Description.Describes(reopened.Fold));
            Assert.Equal(plan.Forecast.TensorBytes, reopened.Store.Tensors.Sum(tensor => tensor.ByteLength));
            Assert.Equal(plan.Forecast.SourceTensorBytes, prepared.Model.Store.Tensors.Sum(tensor => tensor.ByteLength));
        }
    }

    [Fact]
    public void Write_UnmergedFold_EqualsTheUnfoldedModel()
    {
        QuantizationPlan plan = QuantizationPlanner.Plan(_prepared.Folded.Model, null, PreparedModel.Options("float", "fold"));
        QuantizedCheckpoint.Write(Quantizer.Apply(_prepared.Folded.Model, plan), plan, _directory.File("out"));
        using TransformerModel reopened = TransformerModel.Open(_directory.File("out"), _prepared.Context);

        float[] expected = _prepared.Model.Logits(s_tokens);

        Assert.All(expected.Zip(reopened.Logits(s_tokens)), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Write_Fold_StoresConstantsAndDescription()
    {
        FoldedCalibration folded = _prepared.Fold(new() { Prefix = FoldPrefixChoice.Of([40, 0]) });
        QuantizationPlan plan = QuantizationPlanner.Plan(folded.Model, folded.Profile, PreparedModel.Options("w4a8-token-g128", "fold+channels", 2));
        QuantizedCheckpoint.Write(Quantizer.Apply(folded.Model, plan), plan, _directory.File("out"));

        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(Path.Combine(_directory.File("out"), "config.json")));
        JsonElement block = config.RootElement.GetProperty("quantization_config");
        Assert.Equal("fold+channels", block.GetProperty("preserve").GetString());
        Assert.Equal("""{"prefix":[40,0],"bos_token_id":0,"slots":2}""", JsonSerializer.Serialize(block.GetProperty("fold")));
        Assert.Equal(2, block.GetProperty("linears").GetProperty(Down).GetProperty("preserved_channels").GetInt32());
        using TensorStore store = TensorStore.Open(_directory.File("out"));
        Tensor keys = store.Require("fold.keys", 2, 2, 2, 8);
        Assert.Equal(TensorType.F32, keys.Type);
        Assert.Equal(folded.Model.Fold!.Blocks.SelectMany(constants => constants.Keys.ToArray()), keys.Elements<float>(0, 64).ToArray());
        Assert.Equal(folded.Model.Fold.Blocks.SelectMany(constants => constants.Values.ToArray()), store.Require("fold.values", 2, 2, 2, 8).Elements<float>(0, 64).ToArray());
        Assert.Equal(folded.Model.Fold.Prefix!.FinalHidden.ToArray(), store.Require("fold.final_hidden", 32).Elements<float>(0, 32).ToArray());
    }

    [Fact]
    public void Write_NoFold_ChangesNothing()
    {
        QuantizationPlan plan = _prepared.Plan("w8a16");
        QuantizedCheckpoint.Write(_prepared.Apply(plan), plan, _directory.File("out"));

        Assert.All(Directory.GetFiles(_directory.File("out"), "*.json"), path => Assert.DoesNotContain("\"fold\"", File.ReadAllText(path), StringComparison.Ordinal));
    }

    [Fact]
    public void Plan_ModelAndPreservationDisagree_SaysWhich()
    {
        Refuse("Preserve fold needs a model whose prefix is folded; fold it first.", () => QuantizationPlanner.Plan(_prepared.Model, _prepared.Profile, PreparedModel.Options("w8a16", "fold")));
        Refuse("The model's prefix is folded, but preserve is none; use fold or fold+channels", () => QuantizationPlanner.Plan(_prepared.Folded.Model, null, PreparedModel.Options("w8a16")));
        Refuse("without a fold, but this model is folded at token id 0", () => QuantizationPlanner.Plan(_prepared.Folded.Model, _prepared.Profile, PreparedModel.Options("w8a8-tensor-static", "fold")));
        Refuse("rounds nothing", () => QuantizationPlanner.Plan(_prepared.Folded.Model, null, PreparedModel.Options("float", "fold+channels")));
        Refuse("Scheme float leaves every linear in float, so the head cannot be included.", () => QuantizationPlanner.Plan(_prepared.Folded.Model, null, PreparedModel.Options("float", "fold", includeHead: true)));
    }

    [Fact]
    public void Apply_PlanOfAnotherFold_SaysBoth()
    {
        QuantizationPlan plan = _prepared.Plan("w8a16", "fold");
        TransformerModel other = _prepared.Model.With(fold: FoldBuilder.Compute(_prepared.Model, [40, 0], 0));

        Refuse("The plan is for a model that is folded at token id 0, but this one is not folded;", () => Quantizer.Apply(_prepared.Model, plan));
        Refuse("folded at token id 0, but this one is folded at token ids 40, 0;", () => Quantizer.Apply(other, plan));
        Refuse("not folded, but this one is folded at token id 0;", () => Quantizer.Apply(_prepared.Folded.Model, _prepared.Plan("w8a16")));
        Refuse("The plan preserves fold and names no fold;", () => Quantizer.Apply(_prepared.Folded.Model, plan with { Fold = null }));
        Refuse("The plan preserves none and names a fold;", () => Quantizer.Apply(_prepared.Folded.Model, plan with { Preserve = "none" }));
    }

    [Fact]
    public void Apply_HeadIncluded_RoundsTheConstantStateToo()
    {
        QuantizationPlan plan = _prepared.Plan("w8a8-tensor-static", "fold", includeHead: true);
        float absMax = _prepared.Folded.Profile.Linear("lm_head").Channels.AbsMax.Max();

        Assert.Equal(absMax / 127, plan.Linears[^1].StaticScale);
        Assert.True(absMax >= _prepared.Folded.Model.Fold!.Prefix!.FinalHidden.ToArray().Max(Math.Abs));
        float[] only = _prepared.Apply(plan).Logits([0]);
        Assert.All(_prepared.Model.Logits([0]).Zip(only), pair => Assert.Equal(pair.First, pair.Second, 1.0));
    }

    public void Dispose()
    {
        _prepared.Dispose();
        _directory.Dispose();
    }

    private static void Refuse(string words, Action work) => Assert.Contains(words, Assert.Throws<ArgumentException>(work).Message, StringComparison.Ordinal);
}
