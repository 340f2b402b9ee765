using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Devices;
using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Tests.Devices;
using OutlierQuant.Models.Tests.Plain;
using OutlierQuant.Testing;
using OutlierQuant.Testing.Devices;
using Xunit;

namespace OutlierQuant.Models.Tests;

/// <summary>The architectures of our own, every part against a second forward pass in binary64.</summary>
public sealed class VariantTests : IDisposable
{
    private const double Tolerance = 5e-6;

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string, RandomCheckpoint> Checkpoints => new()
    {
        { "llama, plain parts", Llama(AttentionVariant.Default) },
        { "llama, constant keys", Llama(AttentionVariant.Bias) },
        { "llama, constant keys, one head", Llama(AttentionVariant.Bias) with { HeadCount = 1, KeyValueHeadCount = 1 } },
        { "llama, constants of a sink token, tied, BF16", Llama(AttentionVariant.SinkToken) with { TieWordEmbeddings = true, Type = TensorType.BF16 } },
        { "llama, gated heads", Llama(AttentionVariant.Gated) },
        { "llama, sandwich norms", Llama(AttentionVariant.Default, NormPlacement.Sandwich) },
        { "llama, post norms", Llama(AttentionVariant.Default, NormPlacement.Post) },
        { "llama, gates, sandwich norms, normed heads, biases", Llama(AttentionVariant.Gated, NormPlacement.Sandwich, true) with { AttentionBias = true } },
        { "llama, constant keys, post norms, normed heads", Llama(AttentionVariant.Bias, NormPlacement.Post, true) },
        { "gpt2, constant keys", Gpt2(AttentionVariant.Bias) },
        { "gpt2, gates, sandwich norms, normed heads", Gpt2(AttentionVariant.Gated, NormPlacement.Sandwich, true) },
        { "gpt2, post norms, prefix", Gpt2(AttentionVariant.Default, NormPlacement.Post) with { Prefix = "transformer." } },
    };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Run_RandomCheckpoint_EqualsPlainImplementationAtEveryPoint(string name, RandomCheckpoint checkpoint)
    {
        checkpoint.Write(_directory.Path);
        int[] ids = TestTokens.Random(41);
        PlainTransformer plain = new(new PlainCheckpoint(_directory.Path));
        double[] logits = [.. plain.Logits(ids).SelectMany(row => row)];
        using TestModel test = TestModel.Open(_directory.Path);
        RecordingObserver observer = new(point => point.Kind != ObservationKind.LinearInput);

        Windows.Run(test.Model, [ids], new ForwardOptions { Observer = observer });

        Close.Assert(logits, test.Model.Logits(ids), Tolerance, name);
        for (int block = 0; block < 2; block++)
        {
            double[] output = [.. plain.BlockOutputs[block].SelectMany(row => row)];
            Close.Assert(output, observer.Seen.Single(seen => seen.Point == new ObservationPoint(ObservationKind.BlockOutput, block)).Values, Tolerance, $"{name}, output of block {block}");
            foreach (var piece in observer.Seen.Where(seen => seen.Point == new ObservationPoint(ObservationKind.AttentionProbabilities, block)))
            {
                double[][] rows = [.. plain.Probabilities[block].SelectMany(head => head.AsSpan(piece.Chunk.FirstPosition, piece.Chunk.TokenIds.Length).ToArray())];
                Assert.All(rows, row => Assert.Equal(piece.Columns, row.Length));
                Close.Assert([.. rows.SelectMany(row => row)], piece.Values, Tolerance, $"{name}, attention of block {block}");
            }
        }
    }

    [Fact]
    public void Run_PlainParts_GivesTheBitsOfTheArchitectureThatItIsMadeFrom()
    {
        new RandomCheckpoint().Write(_directory.Path);
        using TemporaryDirectory own = new();
        JsonObject config = Llama(AttentionVariant.Default).Configuration();
        own.Write("config.json", config.ToJsonString());
        using TestModel published = TestModel.Open(_directory.Path);
        SafetensorsWriter.Write(own.File("model.safetensors"), [.. published.Model.Store.Tensors.Select(tensor => TensorToWrite.Copy(
            tensor, tensor.Name.Replace("post_attention_layernorm", "pre_feedforward_layernorm", StringComparison.Ordinal)))]);
        using TestModel renamed = TestModel.Open(own.Path);
        int[] ids = TestTokens.Random(20);

        Assert.Equal(published.Model.Logits(ids), renamed.Model.Logits(ids));
        Assert.Equal(published.Model.ParameterCount, renamed.Model.ParameterCount);
    }

    [Theory]
    [InlineData("""{"attention":"bias","norm":"pre","qk_norm":false}""", "tensor 'model.layers.0.self_attn.constant_key': there is no tensor of this name")]
    [InlineData("""{"attention":"gated","norm":"pre","qk_norm":false}""", "tensor 'model.layers.0.self_attn.head_gate.weight': there is no tensor of this name")]
    [InlineData("""{"attention":"default","norm":"pre","qk_norm":true}""", "tensor 'model.layers.0.self_attn.q_norm.weight': there is no tensor of this name")]
    [InlineData("""{"attention":"default","norm":"sandwich","qk_norm":false}""", "tensor 'model.layers.0.post_attention_layernorm.weight': there is no tensor of this name")]
    public void Open_PartsThatTheCheckpointLacks_NamesTheTensor(string variant, string message) =>
        Assert.Contains(message, RefusalOf(Llama(AttentionVariant.Default), variant), StringComparison.Ordinal);

    [Fact]
    public void Open_PartThatTheConfigurationLacks_NamesTheTensor() =>
        Assert.Contains(
            "tensor 'model.layers.0.self_attn.constant_key': the tensor is not a part of a block",
            RefusalOf(Llama(AttentionVariant.Bias), """{"attention":"default","norm":"pre","qk_norm":false}"""),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("k′ of the model alone", 0)]
    [InlineData("a folded prefix as well", 3)]
    public void Run_ConstantKeys_EqualThePlainImplementationOnEveryEngine(string name, int prefixLength)
    {
        int[] prefix = TestTokens.Random(prefixLength), ids = TestTokens.Random(41);
        foreach (RandomCheckpoint checkpoint in (RandomCheckpoint[])[Llama(AttentionVariant.Bias, queryKeyNorm: true), Gpt2(AttentionVariant.SinkToken)])
        {
            checkpoint.Write(_directory.Path);
            int[] whole = prefixLength == 0 ? ids : [.. prefix, .. ids[1..]];
            double[] expected = [.. new PlainTransformer(new PlainCheckpoint(_directory.Path)).Logits(whole)[Math.Max(0, prefixLength - 1)..].SelectMany(row => row)];
            foreach (string? deviceName in (string?[])[null, .. TestDevices.Names])
            {
                using IDevice? device = deviceName is null ? null : TestDevices.Open(deviceName);
                using ModelDevice? weights = device is null ? null : new ModelDevice(device);
                using TestModel test = TestModel.Open(_directory.Path, device: weights);
                TransformerModel model = prefixLength == 0 ? test.Model : test.Model.With(fold: FoldBuilder.Compute(test.Model, prefix, ids[0]));

                Close.Assert(expected, model.Logits(ids), Tolerance, $"{name}, {checkpoint.Architecture}, window");
                Assert.Equal(prefixLength + 1, model.ConstantSlots);
                using DecodingSession session = new(model);
                _ = session.Append(ids.AsSpan(0, 1));
                Close.Assert(expected[^model.Config.VocabularySize..], session.Append(ids.AsSpan(1)).Span, Tolerance, $"{name}, {checkpoint.Architecture}, session");
            }
        }
    }

    [Fact]
    public void Compute_FoldOfAModelWithATrainedPair_HoldsItInItsFirstSlot()
    {
        Llama(AttentionVariant.Bias).Write(_directory.Path);
        PlainCheckpoint plain = new(_directory.Path);
        using TestModel test = TestModel.Open(_directory.Path);

        Fold fold = FoldBuilder.Compute(test.Model, [5, 0], 0);

        Assert.Null(test.Model.Fold);
        Assert.Equal(3, fold.Slots);
        Assert.Equal(plain["model.layers.1.self_attn.constant_key"][8..16], fold.Blocks[1].Key(1, 0).ToArray().Select(number => (double)number));
        Assert.Equal(plain["model.layers.1.self_attn.constant_value"][8..16], fold.Blocks[1].Value(1, 0).ToArray().Select(number => (double)number));
    }

    [Fact]
    public void Open_ConstantThatIsNotFinite_NamesTensorAndElement()
    {
        Llama(AttentionVariant.Bias).Write(_directory.Path);
        using TemporaryDirectory spoiled = new();
        File.Copy(_directory.File("config.json"), spoiled.File("config.json"));
        using (TestModel test = TestModel.Open(_directory.Path))
        {
            SafetensorsWriter.Write(spoiled.File("model.safetensors"), [.. test.Model.Store.Tensors.Select(tensor => tensor.Name == "model.layers.1.self_attn.constant_value"
                ? TensorToWrite.From<float>(tensor.Name, TensorType.F32, [2, 8], (float[])[0, 0, 0, float.NaN, .. new float[12]])
                : TensorToWrite.Copy(tensor))]);
        }

        Assert.Contains(
            "tensor 'model.layers.1.self_attn.constant_value': element 3 is NaN; constants must be finite",
            Assert.Throws<CheckpointFormatException>(() => TestModel.Open(spoiled.Path)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AttentionVariant.Gated, NormPlacement.Pre)]
    [InlineData(AttentionVariant.Default, NormPlacement.Sandwich)]
    [InlineData(AttentionVariant.Bias, NormPlacement.Post)]
    public void Open_PartThatDevicesLack_SaysThatTheCpuIsNeeded(AttentionVariant attention, NormPlacement norm)
    {
        Llama(attention, norm).Write(_directory.Path);
        using HostDevice host = new();
        using ModelDevice device = new(host);

        CheckpointFormatException wrong = Assert.Throws<CheckpointFormatException>(() => TestModel.Open(_directory.Path, device: device));

        Assert.Contains("OutlierQuantLlamaForCausalLM has parts that devices lack; compute it on the CPU", wrong.Message, StringComparison.Ordinal);
    }

    private string RefusalOf(RandomCheckpoint checkpoint, string variant)
    {
        checkpoint.Write(_directory.Path);
        JsonObject config = checkpoint.Configuration();
        config["variant"] = JsonNode.Parse(variant);
        _directory.Write("config.json", config.ToJsonString());
        return Assert.Throws<CheckpointFormatException>(() => TestModel.Open(_directory.Path)).Message;
    }

    private static RandomCheckpoint Llama(AttentionVariant attention, NormPlacement norm = NormPlacement.Pre, bool queryKeyNorm = false) =>
        new() { Architecture = "OutlierQuantLlamaForCausalLM", Variant = new(attention, norm, queryKeyNorm) };

    private static RandomCheckpoint Gpt2(AttentionVariant attention, NormPlacement norm = NormPlacement.Pre, bool queryKeyNorm = false) =>
        new() { Architecture = "OutlierQuantGPT2LMHeadModel", Variant = new(attention, norm, queryKeyNorm), TieWordEmbeddings = true };
}
