using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints.Configuration;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Configuration;

public sealed class QuantizationBlockTests
{
    private static readonly QuantizationBlock Full = new()
    {
        Scheme = "w4a8-token-g128",
        Preserve = "channels",
        Method = "rtn",
        IncludeHead = true,
        Linears = new Dictionary<string, LinearQuantization>
        {
            ["model.layers.1.mlp.down_proj"] = new() { Weights = "int4", GroupSize = 32, Activations = "int8", ActivationScale = "token", PreservedChannels = 3 },
            ["model.layers.0.mlp.down_proj"] = new() { Weights = "ternary", GroupSize = 0, Activations = "float", ActivationScale = "none" },
        },
        Residual = new ResidualQuantization
        {
            Bits = 4,
            Preserve = "mean",
            Blocks =
            [
                new ResidualBlock { Block = 0, Scale = 0.1f, Channels = [], MeansAtSink = [], MeansElsewhere = [] },
                new ResidualBlock { Block = 1, Scale = 16777217f, Channels = [3, 63], MeansAtSink = [1e-40f, -0.3f], MeansElsewhere = [2, 3.4028235e38f] },
            ],
        },
    };

    [Fact]
    public void ToJson_ThenLoad_GivesEveryValueBitForBit()
    {
        QuantizationBlock loaded = Load(Full.ToJson());

        Assert.Equal((1, "w4a8-token-g128", "channels", "rtn", true), (loaded.Version, loaded.Scheme, loaded.Preserve, loaded.Method, loaded.IncludeHead));
        Assert.Equal(Full.Linears.OrderBy(static pair => pair.Key), loaded.Linears.OrderBy(static pair => pair.Key));
        Assert.Equal((4, "mean"), (loaded.Residual!.Bits, loaded.Residual.Preserve));
        Assert.Equal(Full.Residual!.Blocks.Select(static block => (block.Block, block.Scale)), loaded.Residual.Blocks.Select(static block => (block.Block, block.Scale)));
        Assert.Equal([3, 63], loaded.Residual.Blocks[1].Channels);
        Assert.Equal([1e-40f, -0.3f], loaded.Residual.Blocks[1].MeansAtSink);
        Assert.Equal([2, 3.4028235e38f], loaded.Residual.Blocks[1].MeansElsewhere);
        Assert.Equal(Full.ToJson().ToJsonString(), loaded.ToJson().ToJsonString());
    }

    [Fact]
    public void ToJson_WithoutResidualAndGroups_WritesNull()
    {
        JsonObject json = (Full with { Residual = null }).ToJson();
        Assert.True(json.ContainsKey("residual"));
        Assert.Null(json["residual"]);
        Assert.Null(json["linears"]!["model.layers.0.mlp.down_proj"]!["group_size"]);
        Assert.Equal("model.layers.0.mlp.down_proj", json["linears"]!.AsObject().First().Key);
        Assert.Null(Load(json).Residual);
    }

    [Theory]
    [InlineData("fold", new[] { 7, 0 }, 0, 1)]
    [InlineData("fold+channels", new[] { 0 }, 0, 1)]
    [InlineData("channels", new int[0], null, 2)]
    public void ToJson_Fold_IsReadBack(string preserve, int[] prefix, int? bos, int slots)
    {
        QuantizationBlock block = Full with { Preserve = preserve, Fold = new FoldBlock { Prefix = prefix, BosTokenId = bos, Slots = slots } };

        QuantizationBlock loaded = Load(block.ToJson());

        Assert.Equal(preserve, loaded.Preserve);
        Assert.Equal(prefix, loaded.Fold!.Prefix);
        Assert.Equal((bos, slots), (loaded.Fold.BosTokenId, loaded.Fold.Slots));
        Assert.False(Full.ToJson().ContainsKey("fold"));
    }

    [Fact]
    public void Load_PrefixAsLongAsThePositions_IsRefused()
    {
        FoldBlock fold = new() { Prefix = [.. Enumerable.Repeat(1, 128)], BosTokenId = 0, Slots = 1 };

        string message = Assert.Throws<CheckpointFormatException>(() => Load((Full with { Preserve = "fold", Fold = fold }).ToJson())).Message;

        Assert.Contains("fold.prefix has 128 tokens; fewer than the model's 128 positions are required", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("version", "2", "version is 2; this program reads version 1")]
    [InlineData("version", "absent", "there is no quantization_config.version")]
    [InlineData("scheme", "\"\"", "quantization_config.scheme is ''; a name is required")]
    [InlineData("method", "7", "quantization_config.method is 7; a string is required")]
    [InlineData("preserve", "\"folds\"", "quantization_config.preserve is 'folds'; one of none, channels, clip, mean, fold, fold+channels is required")]
    [InlineData("preserve", "\"fold\"", "preserve is 'fold' without a fold; 'fold' and 'fold+channels' require one of at least one token, and only they have it")]
    [InlineData("fold", "{\"prefix\":[0],\"bos_token_id\":0,\"slots\":1}", "preserve is 'channels' with a fold of 1 tokens; 'fold' and")]
    [InlineData("fold", "[]", "quantization_config.fold is an array; an object is required")]
    [InlineData("fold", "{\"prefix\":[100],\"bos_token_id\":0,\"slots\":1}", "fold.prefix[0] is 100; a whole number from 0 to 99 is required")]
    [InlineData("fold", "{\"prefix\":[-1],\"bos_token_id\":0,\"slots\":1}", "fold.prefix[0] is -1")]
    [InlineData("fold", "{\"prefix\":[1],\"bos_token_id\":100,\"slots\":1}", "fold.bos_token_id is 100; a whole number from 0 to 99 is required")]
    [InlineData("fold", "{\"prefix\":[1],\"bos_token_id\":null,\"slots\":1}", "fold.bos_token_id is null with 1 tokens in the prefix; a prefix requires a token that stands for it")]
    [InlineData("fold", "{\"prefix\":[],\"bos_token_id\":0,\"slots\":1}", "fold.bos_token_id is 0 with 0 tokens in the prefix")]
    [InlineData("fold", "{\"prefix\":[1],\"bos_token_id\":0,\"slots\":0}", "fold.slots is 0; a whole number from 1 to 128 is required")]
    [InlineData("fold", "{\"prefix\":[1],\"bos_token_id\":0}", "there is no quantization_config.fold.slots")]
    [InlineData("fold", "{\"prefix\":[1],\"slots\":1}", "there is no quantization_config.fold.bos_token_id")]
    [InlineData("fold", "{\"prefix\":[1],\"bos_token_id\":0,\"slots\":1,\"keys\":1}", "the key 'quantization_config.fold.keys' is not known")]
    [InlineData("residual/preserve", "\"fold\"", "residual.preserve is 'fold'; one of none, channels, clip, mean is required")]
    [InlineData("include_head", "null", "quantization_config.include_head is null")]
    [InlineData("linears", "[]", "quantization_config.linears is an array; an object is required")]
    [InlineData("bits", "4", "the key 'quantization_config.bits' is not known")]
    [InlineData("residual", "{}", "there is no quantization_config.residual.preserve")]
    [InlineData("linears/L/weights", "\"int3\"", "linears.L.weights is 'int3'; one of float, int8, int4, ternary is required")]
    [InlineData("linears/L/group_size", "0", "linears.L.group_size is 0; a whole number from 1")]
    [InlineData("linears/L/group_size", "absent", "there is no quantization_config.linears.L.group_size")]
    [InlineData("linears/L/activations", "\"int2\"", "linears.L.activations is 'int2'; one of float, int8, int4 is required")]
    [InlineData("linears/L/activation_scale", "\"none\"", "linears.L.activation_scale is 'none' with activations 'int8'; float inputs require 'none', and only they do")]
    [InlineData("linears/L/activation_scale", "\"row\"", "linears.L.activation_scale is 'row'; one of none, tensor-static, tensor, token is required")]
    [InlineData("linears/L/preserved_channels", "-1", "linears.L.preserved_channels is -1")]
    [InlineData("linears/L/zero_point", "0", "the key 'quantization_config.linears.L.zero_point' is not known")]
    [InlineData("residual/bits", "1", "residual.bits is 1; a whole number from 2 to 8 is required")]
    [InlineData("residual/preserve", "\"max\"", "residual.preserve is 'max'")]
    [InlineData("residual/extra", "1", "the key 'quantization_config.residual.extra' is not known")]
    [InlineData("residual/blocks/0/block", "2", "residual.blocks[0].block is 2; a whole number from 0 to 1 is required")]
    [InlineData("residual/blocks/1/block", "0", "residual.blocks[1] is for block 0 after block 0; blocks must rise")]
    [InlineData("residual/blocks/0/scale", "0", "residual.blocks[0].scale is 0; a number above 0 is required")]
    [InlineData("residual/blocks/0/scale", "1e39", "residual.blocks[0].scale is 1e39; a number in the range of float is required")]
    [InlineData("residual/blocks/0/channels", "[64]", "residual.blocks[0].channels[0] is 64; a whole number from 0 to 63 is required")]
    [InlineData("residual/blocks/0/channels", "[5,5]", "residual.blocks[0].channels[1] is 5 after 5; channels must rise")]
    [InlineData("residual/blocks/1/means_at_sink", "[1]", "residual.blocks[1].means_at_sink has 1 numbers; 2 are required")]
    [InlineData("residual/blocks/1/means_elsewhere", "[1,\"x\"]", "residual.blocks[1].means_elsewhere[1] is 'x'; a number in the range of float is required")]
    [InlineData("residual/blocks/0/x", "1", "the key 'quantization_config.residual.blocks[0].x' is not known")]
    public void Load_WrongBlock_NamesTheKey(string place, string value, string problem)
    {
        QuantizationBlock block = Full with
        {
            Linears = new Dictionary<string, LinearQuantization> { ["L"] = new() { Weights = "int8", Activations = "int8", ActivationScale = "token" } },
        };
        JsonObject json = block.ToJson();
        string[] path = place.Split('/');
        JsonNode holder = json;
        foreach (string key in path[..^1])
        {
            holder = int.TryParse(key, out int index) ? holder[index]! : holder[key]!;
        }

        holder.AsObject().Remove(path[^1]);
        if (value != "absent")
        {
            holder[path[^1]] = JsonNode.Parse(value);
        }

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => Load(json));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    private static QuantizationBlock Load(JsonObject block)
    {
        JsonObject root = JsonNode.Parse(ConfigurationFiles.Llama)!.AsObject();
        root["quantization_config"] = block;
        return ConfigurationFiles.Load(root.ToJsonString()).Quantization!;
    }
}
