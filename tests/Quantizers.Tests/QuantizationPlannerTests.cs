using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Checkpoints;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Quantizers.Tests;

public sealed class QuantizationPlannerTests : IDisposable
{
    private const string Down = "model.layers.1.mlp.down_proj";

    private readonly PreparedModel _prepared = PreparedModel.Random("LlamaForCausalLM");

    [Theory]
    [InlineData("w8a8-tensor-static", 127)]
    [InlineData("w4a4-tensor-static", 7)]
    public void Plan_StaticScale_IsAbsMaxOfTheChannelsThatAreRoundedOverQMax(string scheme, int qMax)
    {
        ChannelStatistics statistics = _prepared.Profile.Linear(Down).Channels;
        float[] falling = [.. statistics.AbsMax.OrderDescending()];

        Assert.Equal(falling[0] / qMax, Down1(scheme, "none", null).StaticScale);
        foreach (string preserve in (string[])["channels", "clip", "mean"])
        {
            Assert.Equal(falling[3] / qMax, Down1(scheme, preserve, 3).StaticScale);
        }
    }

    [Fact]
    public void Plan_NumberOfChannels_TakesTheLargestAndSortsThem()
    {
        int[] largest = [.. _prepared.Profile.Linear(Down).Channels.ByAbsMax().Take(3).Order()];

        LinearPlan plan = Down1("w8a8-token", "channels", 3);

        Assert.Equal(largest, plan.Channels.Select(channel => channel.Channel));
        Assert.Equal(["number 1 by absmax", "number 2 by absmax", "number 3 by absmax"], plan.Channels.Select(channel => channel.Reason[..18]).Order());
    }

    [Fact]
    public void Plan_Auto_TakesTheProfilesSuggestionsWithTheirReasons()
    {
        Assert.Contains(_prepared.Profile.LinearInputs, input => input.Suggested.Count > 0);
        QuantizationPlan plan = _prepared.Plan("w4a16", "channels");

        Assert.All(plan.Linears, linear => Assert.Equal(
            _prepared.Profile.Linear(linear.Name).Suggested.OrderBy(suggested => suggested.Channel).Select(suggested => (suggested.Channel, suggested.Reason)),
            linear.Channels.Select(channel => (channel.Channel, channel.Reason))));
    }

    [Fact]
    public void Plan_Mean_HasTheMeansOfTheProfile()
    {
        ChannelStatistics statistics = _prepared.Profile.Linear(Down).Channels;

        Assert.All(Down1("w4a16", "mean", 2).Channels, channel =>
        {
            Assert.Equal(statistics.MeanAtSink[channel.Channel], channel.MeanAtSink);
            Assert.Equal(statistics.MeanElsewhere[channel.Channel], channel.MeanElsewhere);
        });
        Assert.All(Down1("w4a16", "channels", 2).Channels, channel => Assert.Equal((null, null), (channel.MeanAtSink, channel.MeanElsewhere)));
    }

    [Fact]
    public void Plan_MeanWithoutBos_UsesTheMeanOfAllTokensAtTheFirstToo()
    {
        using PreparedModel withoutBos = PreparedModel.Random("LlamaForCausalLM", bos: false);

        Assert.All(withoutBos.Plan("w8a8-token", "mean", 1).Linears, linear =>
            Assert.Equal(linear.Channels[0].MeanElsewhere, linear.Channels[0].MeanAtSink));
    }

    [Fact]
    public void Plan_Residual_RoundsEveryBlockOrTheOneAskedFor()
    {
        QuantizationPlan every = _prepared.Plan("residual-int4", "channels", 2);
        QuantizationPlan one = _prepared.Plan("residual-int4", "channels", 2, residualBlock: 1);

        Assert.Equal([0, 1], every.Blocks.Select(block => block.Block));
        Assert.Equivalent(every.Blocks[1], Assert.Single(one.Blocks), strict: true);
        Assert.Empty(every.Linears);
        float[] falling = [.. _prepared.Profile.Blocks[1].Channels.AbsMax.OrderDescending()];
        Assert.Equal((4, falling[2] / 7), (one.Blocks[0].Bits, one.Blocks[0].Scale));
    }

    [Fact]
    public void Plan_GroupLargerThanARow_IsOneScalePerRowAndSaysWhy()
    {
        QuantizationPlan plan = _prepared.Plan("w4a16-g64");

        Assert.Equal(64, plan.Linears.Single(linear => linear.Name == Down).GroupSize); // 80 columns
        LinearPlan query = plan.Linears[0];
        Assert.Null(query.GroupSize);
        Assert.StartsWith("int4 weights with one scale per output channel, because it has only 32 columns for groups of 64;", query.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_Head_StaysInFloatUnlessIncluded()
    {
        QuantizationPlan without = _prepared.Plan("w8a16");
        QuantizationPlan with = _prepared.Plan("w8a16", includeHead: true);

        Assert.Contains(without.Unchanged, part => part.Name == "lm_head" && part.Reason.Contains("unless it is included", StringComparison.Ordinal));
        Assert.DoesNotContain(without.Linears, linear => linear.Name == "lm_head");
        Assert.Equal("lm_head", with.Linears[^1].Name);
        Assert.DoesNotContain(with.Unchanged, part => part.Name == "lm_head");
        Assert.All(without.Linears, linear => Assert.NotEmpty(linear.Reason));
    }

    [Fact]
    public void Plan_SchemeThatNeedsNoProfile_IgnoresIt()
    {
        QuantizationPlan with = _prepared.Plan("w8a8-token");
        QuantizationPlan without = QuantizationPlanner.Plan(_prepared.Model, null, PreparedModel.Options("w8a8-token"));

        Assert.Null(with.Calibration);
        Assert.Equivalent(with, without, strict: true);
    }

    [Fact]
    public void SaveAndLoad_AnyPlan_KeepsEverythingAndTheBytes()
    {
        using var directory = new TemporaryDirectory();
        foreach (QuantizationPlan plan in (QuantizationPlan[])[
            _prepared.Plan("w8a4-tensor-static", "mean", 2), _prepared.Plan("residual-int8", "clip"), _prepared.Plan("w4a16-g32", "channels", includeHead: true)])
        {
            plan.Save(directory.File("first"));
            QuantizationPlan loaded = QuantizationPlan.Load(directory.File("first"));
            loaded.Save(directory.File("second"));

            Assert.Equivalent(plan, loaded, strict: true);
            Assert.Equal(File.ReadAllBytes(directory.File("first")), File.ReadAllBytes(directory.File("second")));
        }
    }

    [Theory]
    [InlineData("\"scheme\": \"w8a4-tensor-static\"", "\"schema\": \"w8a4-tensor-static\"", "$.schema")]
    [InlineData("\"version\": 1", "\"version\": 2", "$.version is 2; this build reads version 1")]
    [InlineData("\"weights\": \"int8\"", "\"weights\": 8", "$.linears[0].weights")]
    [InlineData("\"groupSize\": null", "\"groupsize\": null", "$.linears[0].groupsize")]
    [InlineData("\"preserve\": \"mean\",", "", "missing required properties including: 'preserve'")]
    [InlineData("{", "[", "$")]
    public void Load_ChangedFile_IsRefusedWithItsPath(string from, string to, string message)
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("plan.json");
        _prepared.Plan("w8a4-tensor-static", "mean", 1).Save(path);
        string text = File.ReadAllText(path);
        int at = text.IndexOf(from, StringComparison.Ordinal);
        File.WriteAllText(path, string.Concat(text.AsSpan(0, at), to, text.AsSpan(at + from.Length)));

        CheckpointFormatException thrown = Assert.Throws<CheckpointFormatException>(() => QuantizationPlan.Load(path));

        Assert.Equal(path, thrown.Path);
        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _prepared.Dispose();

    private LinearPlan Down1(string scheme, string preserve, int? channels) =>
        _prepared.Plan(scheme, preserve, channels).Linears.Single(linear => linear.Name == Down);
}
