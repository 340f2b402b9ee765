using OutlierQuant.Checkpoints;
using OutlierQuant.Models.Tests.Plain;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Models.Tests;

/// <summary>Random checkpoints of every architecture and option against a second forward pass in binary64.</summary>
public sealed class ArchitectureTests
{
    /// <summary>Rounding of float32 over three small blocks, as a share of the logits' range; the observed difference is below 1e-6.</summary>
    private const double Tolerance = 5e-6;

    private const int Tokens = 41;

    private const string Llama3Scaling =
        """{"rope_type": "llama3", "factor": 4, "low_freq_factor": 1, "high_freq_factor": 3, "original_max_position_embeddings": 24}""";

    public static TheoryData<string, RandomCheckpoint> Checkpoints => new()
    {
        { "llama, grouped-query, untied", new() },
        { "llama, multi-query, tied", new() { KeyValueHeadCount = 1, TieWordEmbeddings = true } },
        { "llama, all heads of their own", new() { KeyValueHeadCount = 4 } },
        { "llama, biases", new() { AttentionBias = true, MlpBias = true } },
        { "llama, heads wider than hidden", new() { HeadSize = 12 } },
        { "llama, F16", new() { Type = TensorType.F16 } },
        { "llama, BF16", new() { Type = TensorType.BF16 } },
        { "llama, linear rope", new() { RopeScaling = """{"rope_type": "linear", "factor": 3}""" } },
        { "llama, llama3 rope", new() { RopeScaling = Llama3Scaling, HeadSize = 16 } },
        { "llama, gelu", new() { Activation = "gelu" } },
        { "llama, relu", new() { Activation = "relu" } },
        { "llama, one block, one head", new() { BlockCount = 1, HeadCount = 1, KeyValueHeadCount = 1 } },
        { "llama, massive BOS", new() { BosOutlier = 3000 } },
        { "mistral, window shorter than the sequence", new() { Architecture = "MistralForCausalLM", SlidingWindow = 7 } },
        { "mistral, window of one", new() { Architecture = "MistralForCausalLM", SlidingWindow = 1 } },
        { "mistral, window of a tile and one", new() { Architecture = "MistralForCausalLM", SlidingWindow = 33 } },
        { "mistral, no window", new() { Architecture = "MistralForCausalLM" } },
        { "qwen2", new() { Architecture = "Qwen2ForCausalLM" } },
        { "qwen2, window from block 1 on, BF16", new() { Architecture = "Qwen2ForCausalLM", SlidingWindow = 9, FirstSlidingBlock = 1, BlockCount = 3, Type = TensorType.BF16 } },
        { "qwen3", new() { Architecture = "Qwen3ForCausalLM", HeadSize = 16, TieWordEmbeddings = true } },
        { "qwen3, biases", new() { Architecture = "Qwen3ForCausalLM", AttentionBias = true } },
        { "gpt2", new() { Architecture = "GPT2LMHeadModel", TieWordEmbeddings = true } },
        { "gpt2, prefix, F16", new() { Architecture = "GPT2LMHeadModel", Prefix = "transformer.", TieWordEmbeddings = true, Type = TensorType.F16 } },
        { "gpt2, untied, gelu", new() { Architecture = "GPT2LMHeadModel", Activation = "gelu" } },
        { "gpt2, tanh gelu by its other name", new() { Architecture = "GPT2LMHeadModel", Activation = "gelu_pytorch_tanh" } },
    };

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Logits_RandomCheckpoint_EqualPlainImplementation(string name, RandomCheckpoint checkpoint)
    {
        using TemporaryDirectory directory = new();
        checkpoint.Write(directory.Path);
        int[] ids = TestTokens.Random(Tokens);
        double[] expected = [.. new PlainTransformer(new PlainCheckpoint(directory.Path)).Logits(ids).SelectMany(row => row)];
        using TestModel test = TestModel.Open(directory.Path);

        float[] actual = test.Model.Logits(ids);

        Close.Assert(expected, actual, Tolerance, name);
    }

    [Theory]
    [InlineData("LlamaForCausalLM")]
    [InlineData("GPT2LMHeadModel")]
    public void Logits_EverySequenceLengthAroundATile_EqualPlainImplementation(string architecture)
    {
        using TemporaryDirectory directory = new();
        new RandomCheckpoint { Architecture = architecture, BlockCount = 1, HiddenSize = 16, VocabularySize = 50 }.Write(directory.Path);
        PlainTransformer plain = new(new PlainCheckpoint(directory.Path));
        using TestModel test = TestModel.Open(directory.Path);
        foreach (int tokens in (int[])[1, 2, 31, 32, 33, 64])
        {
            int[] ids = TestTokens.Random(tokens, 50);
            double[] expected = [.. plain.Logits(ids).SelectMany(row => row)];
            Close.Assert(expected, test.Model.Logits(ids), Tolerance, $"{tokens} tokens");
        }
    }
}
