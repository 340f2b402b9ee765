using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints;
using OutlierQuant.Kernels;
using OutlierQuant.Models.Linears;
using OutlierQuant.Models.Tests.Linears;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Models.Tests.Loading;

public sealed class QuantizedCheckpointTests : IDisposable
{
    private const string Down = "model.layers.1.mlp.down_proj";
    private const string Static = "model.layers.0.self_attn.q_proj";

    private readonly TemporaryDirectory _source = new();
    private readonly TemporaryDirectory _written = new();

    public static TheoryData<string, Action<QuantizedTestCheckpoint>> Faults => new()
    {
        { $"tensor '{Down}.codes': there is no tensor of this name; the model needs it", c => c.Tensors.Remove($"{Down}.codes") },
        { $"tensor '{Down}.scales': there is no tensor of this name; the model needs it", c => c.Tensors.Remove($"{Down}.scales") },
        { $"tensor '{Down}.preserved_columns': there is no tensor of this name; the model needs it", c => c.Tensors.Remove($"{Down}.preserved_columns") },
        { $"tensor '{Static}.input_scale': there is no tensor of this name; the model needs it", c => c.Tensors.Remove($"{Static}.input_scale") },
        { $"tensor '{Down}.codes': the type is U8; I8 is needed", c => c.Set($"{Down}.codes", TensorType.U8, [32, 64], new byte[32 * 64]) },
        { $"tensor '{Down}.codes': the shape is [32, 32]; the model needs [32, 64]", c => c.Set($"{Down}.codes", TensorType.I8, [32, 32], new byte[32 * 32]) },
        { $"tensor '{Down}.scales': the shape is [32, 3]; the model needs [32, 2]", c => c.Set($"{Down}.scales", TensorType.F32, [32, 3], new float[96]) },
        { $"tensor '{Down}.scales': the type is BF16; F32 is needed", c => c.Set($"{Down}.scales", TensorType.BF16, [32, 2], new ushort[64]) },
        { $"tensor '{Down}': '{Down}': The scale of row 0, group 0 is 0; it must be finite and above 0.", c => c.Set($"{Down}.scales", TensorType.F32, [32, 2], new float[64]) },
        { $"'{Down}': The preserved channel at index 1 is 2 after 5; the channels must be sorted and distinct.", c => c.Set($"{Down}.preserved_channels", TensorType.I32, [2], 5, 2) },
        { $"'{Down}': The preserved channel at index 1 is 48; the channels are 0 to 47.", c => c.Set($"{Down}.preserved_channels", TensorType.I32, [2], 5, 48) },
        { $"tensor '{Down}.preserved_channels': the type is I64; I32 is needed", c => c.Set($"{Down}.preserved_channels", TensorType.I64, [2], 1L, 2L) },
        { $"tensor '{Down}.preserved_channels': the shape is [2]; the model needs [3]", c => c.Linear(Down)["preserved_channels"] = 3 },
        { $"tensor '{Down}.preserved_channels': the tensor is not a part of a block of LlamaForCausalLM", c => c.Linear(Down)["preserved_channels"] = 0 },
        { $"'{Down}': The scale-excluded channel at index 0 is 99; the channels are 0 to 47.", c => c.Set($"{Down}.scale_excluded_channels", TensorType.I32, [1], 99) },
        { $"'{Static}': The static activation scale is NaN; it must be finite and above 0.", c => c.Set($"{Static}.input_scale", TensorType.F32, [1], float.NaN) },
        { $"tensor '{Down}.constants': element 3 is NaN; constants must be finite", c => c.Set<float>($"{Down}.constants", TensorType.F32, [2, 32], [0, 0, 0, float.NaN, .. new float[60]]) },
        { $"tensor '{Down}.constants': the shape is [64]; the model needs [2, 32]", c => c.Set($"{Down}.constants", TensorType.F32, [64], new float[64]) },
        { $"linear '{Down}': the group size is 64; the linear has 48 input features", c => c.Linear(Down)["group_size"] = 64 },
        { "linear 'model.layers.7.mlp.down_proj': the model has no linear of this name", c => c.Configuration["quantization_config"]!["linears"]!["model.layers.7.mlp.down_proj"] = c.Linear(Down).DeepClone() },
        { $"tensor '{Down}.weight': there is no tensor of this name; the model needs it", c => c.Configuration["quantization_config"]!["linears"]!.AsObject().Remove(Down) },
        { $"tensor '{Down}.weight': the tensor is not a part of a block", c => c.Set($"{Down}.weight", TensorType.F32, [32, 48], new float[32 * 48]) },
    };

    public void Dispose()
    {
        _source.Dispose();
        _written.Dispose();
    }

    [Theory]
    [InlineData("LlamaForCausalLM", false)]
    [InlineData("Qwen2ForCausalLM", true)]
    [InlineData("GPT2LMHeadModel", true)]
    public void Open_QuantizedCheckpoint_GivesTheBitsOfTheModelInMemory(string architecture, bool tied)
    {
        using TestModel source = TestModel.Open(new RandomCheckpoint { Architecture = architecture, TieWordEmbeddings = tied, BosOutlier = 100 }.Write(_source.Path));
        TransformerModel quantized = source.Model.With(Quantize);
        QuantizedTestCheckpoint.Of(quantized).Write(_written.Path);
        int[] ids = TestTokens.Random(40);

        using TestModel reopened = TestModel.Open(_written.Path);

        Assert.Equal(quantized.Logits(ids), reopened.Model.Logits(ids));
        Assert.NotEqual(source.Model.Logits(ids), reopened.Model.Logits(ids));
        Assert.Equal(quantized.Linears.Sum(linear => linear.WeightByteSize), reopened.Model.Linears.Sum(linear => linear.WeightByteSize));
        Assert.Equal(source.Model.ParameterCount, reopened.Model.ParameterCount);
        Assert.Equal(quantized.DescribeKernels(5), reopened.Model.DescribeKernels(5));
        Assert.IsType<QuantizedLinear>(reopened.Model.Linears[^1]);

        // Codes and scales stay in the mapped file, so that opening takes no time that grows with them.
        Assert.All(reopened.Model.Linears.OfType<QuantizedLinear>(), linear => Assert.False(
            MemoryMarshal.TryGetArray(linear.Weights.Codes, out _) || MemoryMarshal.TryGetArray(linear.Weights.Scales, out _)));
    }

    [Fact]
    public void Open_ResidualQuantization_BecomesATransform()
    {
        using TestModel source = TestModel.Open(new RandomCheckpoint().Write(_source.Path));
        QuantizedTestCheckpoint checkpoint = QuantizedTestCheckpoint.Of(source.Model);
        checkpoint.Configuration["quantization_config"]!["residual"] = JsonNode.Parse(
            """{"bits": 4, "preserve": "channels", "blocks": [{"block": 1, "scale": 0.5, "channels": [3], "means_at_sink": [], "means_elsewhere": []}]}""");
        using TestModel reopened = TestModel.Open(checkpoint.Write(_written.Path));
        int[] ids = TestTokens.Random(12);

        ResidualQuantizer quantizer = Assert.IsType<ResidualQuantizer>(Assert.Single(reopened.Model.Transforms));

        Assert.Equal(source.Model.With(transforms: [quantizer]).Logits(ids), reopened.Model.Logits(ids));
        Assert.NotEqual(source.Model.Logits(ids), reopened.Model.Logits(ids));
        Assert.All(reopened.Model.Linears, linear => Assert.IsType<FloatLinear>(linear));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Open_WrongPart_SaysWhichAndWhatIsNeeded(string message, Action<QuantizedTestCheckpoint> spoil)
    {
        using TestModel source = TestModel.Open(new RandomCheckpoint().Write(_source.Path));
        QuantizedTestCheckpoint checkpoint = QuantizedTestCheckpoint.Of(source.Model.With(Quantize));
        spoil(checkpoint);
        checkpoint.Write(_written.Path);

        CheckpointFormatException wrong = Assert.Throws<CheckpointFormatException>(() => TestModel.Open(_written.Path));

        Assert.Contains(message, wrong.Message, StringComparison.Ordinal);
        Assert.StartsWith(_written.Path, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', wrong.Message);
    }

    /// <summary>A form of its own for each role, so that one checkpoint covers all of them.</summary>
    private static Linear Quantize(Linear linear)
    {
        FloatLinear source = (FloatLinear)linear;
        float[] sink = [.. Enumerable.Range(0, linear.OutFeatures).Select(i => i / 100f)];
        QuantizedLinear Create(WeightFormat format, int[] preserved, ActivationQuantization activations, float[]? constants = null) =>
            new(linear.Name, linear.Block, linear.Role, TestWeights.Round(source, format, preserved), activations, source.Bias, constants, constants is null ? null : [.. constants.Select(value => -value)]);
        switch (linear.Role)
        {
            case LinearRole.Query:
            case LinearRole.QueryKeyValue:
                return Create(WeightFormat.Int8, [1, 3], new(ActivationGranularity.TensorStatic, 8, 0.03f, []));
            case LinearRole.Value:
                return Create(WeightFormat.Int4, [], new(ActivationGranularity.Token, 4, float.NaN, []));
            case LinearRole.AttentionOutput:
                return linear;
            case LinearRole.Up:
                return Create(WeightFormat.Ternary, [0, 30], ActivationQuantization.Float);
            case LinearRole.Down:
                QuantizedWeights weights = TestWeights.Random(WeightFormat.Int8, linear.OutFeatures, linear.InFeatures, 32, [2, 5]) with { PreservedType = TensorType.F32 };
                return new QuantizedLinear(linear.Name, linear.Block, linear.Role, weights, new(ActivationGranularity.Tensor, 8, float.NaN, [4]), source.Bias, sink, sink);
            case LinearRole.Head:
                return Create(WeightFormat.Int8, [], new(ActivationGranularity.Token, 8, float.NaN, []));
            default:
                return Create(WeightFormat.Int4, [7], new(ActivationGranularity.Token, 8, float.NaN, [3]), sink);
        }
    }
}
