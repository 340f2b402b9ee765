using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Models.Tests.Loading;

/// <summary>Float checkpoints that a model must refuse, each with one clear line.</summary>
public sealed class ModelErrorTests : IDisposable
{
    private const string Q = "model.layers.0.self_attn.q_proj";

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string, Action<List<TensorToWrite>, JsonObject>> Faults => new()
    {
        { "'BertModel'", (_, config) => config["architectures"] = new JsonArray("BertModel") },
        { "'mish'", (_, config) => config["hidden_act"] = "mish" },
        { "num_key_value_heads is 3; it must divide num_attention_heads, which is 4", (_, config) => config["num_key_value_heads"] = 3 },
        { "tensor 'model.embed_tokens.weight': there is no tensor of this name; the model needs it", (tensors, _) => Remove(tensors, "model.embed_tokens.weight") },
        { "tensor 'model.embed_tokens.weight': the shape is [258, 32]; the model needs [259, 32]", (_, config) => config["vocab_size"] = 259 },
        { "tensor 'model.embed_tokens.weight': the type is I32; F64, F32, F16 or BF16 is needed", (tensors, _) => Set<int>(tensors, "model.embed_tokens.weight", TensorType.I32, [258, 32]) },
        { "tensor 'model.layers.2.self_attn.q_proj.weight': there is no tensor of this name", (_, config) => config["num_hidden_layers"] = 3 },
        { "tensor 'model.layers.1.input_layernorm.weight': the tensor is not a part of a block", (_, config) => config["num_hidden_layers"] = 1 },
        { $"tensor '{Q}.weight': there is no tensor of this name; the model needs it", (tensors, _) => Remove(tensors, $"{Q}.weight") },
        { $"tensor '{Q}.weight': the shape is [32, 16]; the model needs [32, 32]", (tensors, _) => Set(tensors, $"{Q}.weight", [32, 16]) },
        { $"tensor '{Q}.weight': the shape is [1024]; the model needs [32, 32]", (tensors, _) => Set(tensors, $"{Q}.weight", [1024]) },
        { $"tensor '{Q}.weight': weights of type I32; a float linear needs F32, F16 or BF16", (tensors, _) => Set<int>(tensors, $"{Q}.weight", TensorType.I32, [32, 32]) },
        { $"tensor '{Q}.weight': weights of type F64; a float linear needs F32, F16 or BF16", (tensors, _) => Set<double>(tensors, $"{Q}.weight", TensorType.F64, [32, 32]) },
        { $"tensor '{Q}.bias': there is no tensor of this name; the model needs it", (_, config) => config["attention_bias"] = true },
        { $"tensor '{Q}.bias': the tensor is not a part of a block of LlamaForCausalLM with this configuration", (tensors, _) => Set(tensors, $"{Q}.bias", [32]) },
        { "tensor 'model.layers.0.self_attn.q_norm.weight': the tensor is not a part of a block", (tensors, _) => Set(tensors, "model.layers.0.self_attn.q_norm.weight", [8]) },
        { "tensor 'model.layers.0.input_layernorm.weight': the shape is [31]; the model needs [32]", (tensors, _) => Set(tensors, "model.layers.0.input_layernorm.weight", [31]) },
        { "tensor 'model.norm.weight': the type is I32", (tensors, _) => Set<int>(tensors, "model.norm.weight", TensorType.I32, [32]) },
        { "tensor 'lm_head.weight': there is no tensor of this name; the model needs it", (tensors, _) => Remove(tensors, "lm_head.weight") },
        { "tensor 'lm_head.weight': the shape is [32, 258]; the model needs [258, 32]", (tensors, _) => Set(tensors, "lm_head.weight", [32, 258]) },
    };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Faults))]
    public void Open_WrongCheckpoint_SaysWhatAndWhere(string message, Action<List<TensorToWrite>, JsonObject> spoil)
    {
        using TemporaryDirectory source = new();
        RandomCheckpoint checkpoint = new();
        using TensorStore store = TensorStore.Open(checkpoint.Write(source.Path));
        List<TensorToWrite> tensors = [.. store.Tensors.Select(tensor => TensorToWrite.Copy(tensor))];
        JsonObject config = checkpoint.Configuration();
        spoil(tensors, config);
        File.WriteAllText(_directory.File("config.json"), config.ToJsonString());
        SafetensorsWriter.Write(_directory.File("model.safetensors"), tensors);

        CheckpointFormatException wrong = Assert.Throws<CheckpointFormatException>(() => TestModel.Open(_directory.Path));

        Assert.Contains(message, wrong.Message, StringComparison.Ordinal);
        Assert.StartsWith(_directory.Path, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', wrong.Message);
    }

    [Fact]
    public void Open_Gpt2WithMaskBuffers_IgnoresThem()
    {
        using TemporaryDirectory source = new();
        RandomCheckpoint checkpoint = new() { Architecture = "GPT2LMHeadModel" };
        using TestModel plain = TestModel.Open(checkpoint.Write(source.Path));
        List<TensorToWrite> tensors = [.. plain.Model.Store.Tensors.Select(tensor => TensorToWrite.Copy(tensor))];
        Set(tensors, "h.0.attn.bias", [1, 1, 8, 8]);
        Set(tensors, "h.1.attn.masked_bias", [1]);
        File.Copy(Path.Combine(source.Path, "config.json"), _directory.File("config.json"));
        SafetensorsWriter.Write(_directory.File("model.safetensors"), tensors);

        using TestModel buffered = TestModel.Open(_directory.Path);

        Assert.Equal(plain.Model.Logits([0, 1, 2]), buffered.Model.Logits([0, 1, 2]));
    }

    [Fact]
    public void Open_Parameters_AreCountedOnce()
    {
        using TestModel untied = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        const int Block = (32 * 32 * 2) + (16 * 32 * 2) + (3 * 48 * 32);
        const int Embedding = 258 * 32;
        Assert.Equal((2 * Embedding) + (2 * (Block + (2 * 32))) + 32, untied.Model.ParameterCount);
        Assert.Equal(4 * Block, untied.Model.LargestBlockFloatBytes);

        using TemporaryDirectory other = new();
        using TestModel tied = TestModel.Open(new RandomCheckpoint { TieWordEmbeddings = true }.Write(other.Path));
        Assert.Equal(untied.Model.ParameterCount - Embedding, tied.Model.ParameterCount);
    }

    private static void Remove(List<TensorToWrite> tensors, string name) => Assert.Equal(1, tensors.RemoveAll(tensor => tensor.Name == name));

    private static void Set(List<TensorToWrite> tensors, string name, long[] shape) => Set<float>(tensors, name, TensorType.F32, shape);

    private static void Set<T>(List<TensorToWrite> tensors, string name, TensorType type, long[] shape)
        where T : unmanaged
    {
        tensors.RemoveAll(tensor => tensor.Name == name);
        tensors.Add(TensorToWrite.From<T>(name, type, shape, new T[shape.Aggregate(1L, (product, size) => product * size)]));
    }
}
