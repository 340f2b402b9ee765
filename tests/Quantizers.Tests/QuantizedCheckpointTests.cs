using System.Text.Json;
using OutlierQuant.Checkpoints;
using OutlierQuant.Models;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Quantizers.Tests;

public sealed class QuantizedCheckpointTests(RandomModels models) : IClassFixture<RandomModels>, IDisposable
{
    private static readonly int[] Tokens = [0, 72, 103, 110, 34, 200, 17];

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string, string> Pairs
    {
        get
        {
            TheoryData<string, string> pairs = [];
            foreach (Scheme scheme in Scheme.All)
            {
                foreach (Preservation preserve in Enum.GetValues<Preservation>().Where(preserve => scheme.ReasonAgainst(preserve) is null))
                {
                    pairs.Add(scheme.Name, PreservationName.Of(preserve));
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Write_EverySchemeAndPreservation_ReopensWithTheSameBits(string scheme, string preserve)
    {
        foreach ((string architecture, PreparedModel prepared) in models.ByArchitecture)
        {
            foreach (int? channels in (int?[])[null, 3])
            {
                AssertReopensWithTheSameBits(prepared, prepared.Plan(scheme, preserve, channels), Tokens, $"{architecture}-{channels}");
            }
        }
    }

    [Theory]
    [InlineData("w8a16", true)]
    [InlineData("w8a16", false)]
    [InlineData("w4a8-token-g128", true)]
    [InlineData("w8a8-tensor-static", false)]
    public void Write_HeadIncluded_ReopensWithTheSameBitsAndKeepsATiedTable(string scheme, bool tied)
    {
        using PreparedModel prepared = PreparedModel.Random("LlamaForCausalLM", tied);
        AssertReopensWithTheSameBits(prepared, prepared.Plan(scheme, "channels", 2, includeHead: true), Tokens, "head");

        using TensorStore store = TensorStore.Open(_directory.File("head"));
        Assert.True(store.TryGet("model.embed_tokens.weight", out _));
        Assert.True(store.TryGet("lm_head.codes", out _));
        Assert.False(store.TryGet("lm_head.weight", out _));
    }

    // The random checkpoints cover every pair; here one for each weight format, activation granularity and preservation, on trained weights.
    [SharedTheory]
    [Trait("Category", "Trained")]
    [InlineData("tiny-llama", "w8a4-tensor-static", "channels")]
    [InlineData("tiny-llama", "w4a8-token-g128", "mean")]
    [InlineData("tiny-llama", "residual-int4", "channels")]
    [InlineData("tiny-gpt2", "w8a8-tensor", "clip")]
    [InlineData("tiny-gpt2", "ternary-a16", "channels")]
    public void Write_TrainedModel_ReopensWithTheSameBits(string model, string scheme, string preserve)
    {
        using PreparedModel prepared = PreparedModel.Shared(model);
        AssertReopensWithTheSameBits(prepared, prepared.Plan(scheme, preserve), prepared.Tokenizer.Encode("It was the best of times", true), "trained");
    }

    [Fact]
    public void Write_AnyThreadCountAndRun_GivesTheSameBytes()
    {
        foreach ((int threads, string name) in ((int, string)[])[(1, "one"), (1, "again"), (3, "three")])
        {
            using PreparedModel prepared = PreparedModel.Random("LlamaForCausalLM", threads: threads);
            QuantizationPlan plan = prepared.Plan("w4a8-token-g128", "mean", 2);
            QuantizedCheckpoint.Write(Quantizer.Apply(prepared.Model, plan), plan, _directory.File(name));
        }

        string[] files = [.. Directory.EnumerateFiles(_directory.File("one")).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];
        Assert.Equal(["config.json", "model.safetensors", "quantization_plan.json", "tokenizer.json", "tokenizer_config.json"], files);
        foreach (string file in files)
        {
            byte[] expected = File.ReadAllBytes(Path.Combine(_directory.File("one"), file));
            Assert.Equal(expected, File.ReadAllBytes(Path.Combine(_directory.File("again"), file)));
            Assert.Equal(expected, File.ReadAllBytes(Path.Combine(_directory.File("three"), file)));
        }
    }

    [Fact]
    public void Write_Config_KeepsEveryKeyAndNumberOfTheSource()
    {
        using PreparedModel prepared = PreparedModel.Random("LlamaForCausalLM");
        string config = Path.Combine(prepared.Model.Directory, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("{", """{"note": "naïve <b>", "deep": [1e-05, {"a": 1.10}],""", StringComparison.Ordinal));
        QuantizationPlan plan = prepared.Plan("w8a16");
        QuantizedCheckpoint.Write(Quantizer.Apply(prepared.Model, plan), plan, _directory.File("out"));

        using JsonDocument source = JsonDocument.Parse(File.ReadAllText(config));
        using JsonDocument written = JsonDocument.Parse(File.ReadAllText(Path.Combine(_directory.File("out"), "config.json")));
        string[] keys = [.. source.RootElement.EnumerateObject().Select(property => property.Name)];
        Assert.Equal([.. keys, "quantization_config"], written.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.All(keys, key => Assert.Equal(
            Compact(source.RootElement.GetProperty(key)), Compact(written.RootElement.GetProperty(key))));
        Assert.Equal("outlierquant", written.RootElement.GetProperty("quantization_config").GetProperty("quant_method").GetString());
        Assert.Equal(plan.Linears.Count, written.RootElement.GetProperty("quantization_config").GetProperty("linears").EnumerateObject().Count());
    }

    [Fact]
    public void Write_TensorsThatAreNotQuantized_AreCopiedByteForByte()
    {
        PreparedModel prepared = models.ByArchitecture["GPT2LMHeadModel"];
        QuantizationPlan plan = prepared.Plan("w4a16", "channels", 2);
        QuantizedCheckpoint.Write(Quantizer.Apply(prepared.Model, plan), plan, _directory.File("out"));

        using TensorStore written = TensorStore.Open(_directory.File("out"));
        HashSet<string> quantized = [.. plan.Linears.Select(linear => $"{linear.Name}.weight")];
        Assert.All(prepared.Model.Store.Tensors, tensor =>
        {
            Assert.Equal(!quantized.Contains(tensor.Name), written.TryGet(tensor.Name, out Tensor? copy));
            if (copy is not null)
            {
                Assert.Equal(tensor.Type, copy.Type);
                Assert.Equal(tensor.Shape, copy.Shape);
                Assert.Equal(tensor.Bytes(0, (int)tensor.ByteLength).ToArray(), copy.Bytes(0, (int)copy.ByteLength).ToArray());
            }
        });
        Assert.Equal(TensorType.F16, written.Require("h.0.mlp.c_fc.preserved_columns", 80, 2).Type);
        Assert.Equal(TensorType.I32, written.Require("h.0.mlp.c_fc.preserved_channels", 2).Type);
        Assert.Equal(TensorType.F32, written.Require("h.0.mlp.c_fc.scales", 80, 1).Type);
    }

    [Fact]
    public void Write_Overwrite_ReplacesACheckpoint()
    {
        PreparedModel prepared = models.ByArchitecture["LlamaForCausalLM"];
        foreach (string scheme in (string[])["w8a16", "w4a16"])
        {
            QuantizationPlan plan = prepared.Plan(scheme);
            QuantizedCheckpoint.Write(Quantizer.Apply(prepared.Model, plan), plan, _directory.File("out"), overwrite: true);
        }

        Assert.Equal("w4a16", QuantizationPlan.Load(Path.Combine(_directory.File("out"), QuantizedCheckpoint.PlanFileName)).Scheme);
        Assert.Equal(["out"], _directory.Names);
    }

    public void Dispose() => _directory.Dispose();

    private void AssertReopensWithTheSameBits(PreparedModel prepared, QuantizationPlan plan, int[] tokens, string name)
    {
        TransformerModel quantized = prepared.Apply(plan);
        float[] expected = quantized.Logits(tokens);
        long written = 0;
        QuantizedCheckpoint.Write(quantized, plan, _directory.File(name), progress: (bytes, _) => written = bytes);
        using TransformerModel reopened = TransformerModel.Open(_directory.File(name), prepared.Context);

        Assert.All(expected, logit => Assert.True(float.IsFinite(logit)));
        Assert.NotEqual(prepared.Model.Logits(tokens), expected);
        Assert.Equal(expected, reopened.Logits(tokens));
        Assert.Equal(plan.Forecast.TensorBytes, reopened.Store.Tensors.Sum(tensor => tensor.ByteLength));
        Assert.True(written > plan.Forecast.TensorBytes);
        Assert.Equal(plan.Forecast.LinearBytes, quantized.Linears.SkipLast(plan.IncludeHead ? 0 : 1).Sum(linear => linear.WeightByteSize));
        Assert.Equal((plan.Scheme, plan.Preserve), (reopened.Config.Quantization!.Scheme, reopened.Config.Quantization.Preserve));
        Assert.Equivalent(plan, QuantizationPlan.Load(Path.Combine(_directory.File(name), QuantizedCheckpoint.PlanFileName)), strict: true);
    }

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);
}
