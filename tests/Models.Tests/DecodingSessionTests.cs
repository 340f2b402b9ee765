using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Models.Generation;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Models.Tests;

public sealed class DecodingSessionTests : IDisposable
{
    /// <summary>The kernels may sum in another order for one row than for many.</summary>
    private const double Tolerance = 5e-6;

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string, RandomCheckpoint> Checkpoints => new()
    {
        { "llama", new() },
        { "mistral with a window", new() { Architecture = "MistralForCausalLM", SlidingWindow = 7 } },
        { "qwen3", new() { Architecture = "Qwen3ForCausalLM", BlockCount = 3 } },
        { "gpt2", new() { Architecture = "GPT2LMHeadModel" } },
        { "constant keys", new() { Architecture = "OutlierQuantLlamaForCausalLM", Variant = new(AttentionVariant.Bias, NormPlacement.Pre, true) } },
        { "gated heads, post norms", new() { Architecture = "OutlierQuantGPT2LMHeadModel", Variant = new(AttentionVariant.Gated, NormPlacement.Post, false) } },
    };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Append_TokensInAnyPieces_EqualsWholeForwardPass(string name, RandomCheckpoint checkpoint)
    {
        using TestModel test = TestModel.Open(checkpoint.Write(_directory.Path));
        int[] ids = TestTokens.Random(45);
        float[] whole = test.Model.Logits(ids);
        int vocabulary = test.Model.Config.VocabularySize;
        foreach (int[] pieces in (int[][])[[45], [1, 1, 1, 42], [40, 5], [33, 1, 1, 1, 1, 8], [.. Enumerable.Repeat(1, 45)]])
        {
            DecodingSession session = new(test.Model);
            foreach (int piece in pieces)
            {
                ReadOnlyMemory<float> logits = session.Append(ids.AsSpan(session.Position, piece));
                double[] expected = [.. whole.AsSpan((session.Position - 1) * vocabulary, vocabulary).ToArray().Select(value => (double)value)];
                Close.Assert(expected, logits.Span, Tolerance, $"{name}, position {session.Position - 1}");
            }

            Assert.Equal(45, session.Position);
        }
    }

    [Fact]
    public void Append_AfterSeveralBlocksOfKeys_EqualsWholeForwardPass()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint { MaxPositions = 600 }.Write(_directory.Path));
        int[] ids = TestTokens.Random(600);
        int vocabulary = test.Model.Config.VocabularySize;
        float[] whole = test.Model.Logits(ids);
        DecodingSession session = new(test.Model);
        foreach (int piece in (int[])[250, 5, 1, 1, 1, 250, 91, 1])
        {
            ReadOnlyMemory<float> logits = session.Append(ids.AsSpan(session.Position, piece));
            double[] expected = [.. whole.AsSpan((session.Position - 1) * vocabulary, vocabulary).ToArray().Select(value => (double)value)];
            Close.Assert(expected, logits.Span, Tolerance, $"position {session.Position - 1}");
        }

        Assert.Equal(600, session.Position);
    }

    [Fact]
    public void AppendAndChoose_Pieces_ChoosesByTheLogits()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        int[] ids = TestTokens.Random(12);
        foreach (SamplingOptions options in (SamplingOptions[])[SamplingOptions.Greedy, new(1, 0.9, 5)])
        {
            using DecodingSession session = new(test.Model), other = new(test.Model);
            TokenSampler sampler = new(options), expected = new(options);
            foreach (int piece in (int[])[1, 5, 1, 5])
            {
                ReadOnlySpan<int> next = ids.AsSpan(session.Position, piece);
                Assert.Equal(expected.Choose(other.Append(next).Span), session.AppendAndChoose(next, sampler));
            }
        }
    }

    [Fact]
    public void Append_AnyThreadCount_SameBits()
    {
        new RandomCheckpoint().Write(_directory.Path);
        float[][] results = [.. ((int[])[1, 2, 3, 7]).Select(threads =>
        {
            using TestModel test = TestModel.Open(_directory.Path, threads);
            DecodingSession session = new(test.Model);
            _ = session.Append(TestTokens.Random(20));
            return session.Append([9]).ToArray();
        })];

        Assert.All(results, result => Assert.Equal(results[0], result));
    }

    [Fact]
    public void Append_WrongTokens_FailsAndLeavesTheSequenceAsItWas()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint { MaxPositions = 10 }.Write(_directory.Path));
        DecodingSession session = new(test.Model);
        DecodingSession undisturbed = new(test.Model);
        _ = session.Append([0, 5, 6]);
        _ = undisturbed.Append([0, 5, 6]);

        Assert.Equal("The sequence has no tokens; at least one is needed.", Assert.Throws<ArgumentException>(() => session.Append([])).Message);
        Assert.Equal("The sequence holds token id 999; the vocabulary has ids 0 to 257.", Assert.Throws<ArgumentException>(() => session.Append([7, 999])).Message);
        Assert.Equal("The sequence needs 11 positions; the model has 10.", Assert.Throws<ArgumentException>(() => session.Append(TestTokens.Random(8))).Message);

        Assert.Equal(3, session.Position);
        Assert.Equal(undisturbed.Append([8]).ToArray(), session.Append([8]).ToArray());
        Assert.Equal(14, Grow(new DecodingSession(test.Model, allowBeyondMaxPositions: true), 14).Position);
    }

    [Fact]
    public void Append_SinkAtPositionZeroOnly_IsToldToTransforms()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint { BlockCount = 1 }.Write(_directory.Path));
        List<(int, bool, int)> seen = [];
        TransformerModel watched = test.Model.With(transforms: [new ChunkRecorder(seen)]);
        DecodingSession session = new(watched);

        _ = session.Append([ByteTokenizer.BosTokenId, 5]);
        _ = session.Append([ByteTokenizer.BosTokenId]);

        Assert.Equal([(0, true, 0), (2, true, -1)], seen);
    }

    private static DecodingSession Grow(DecodingSession session, int tokens)
    {
        _ = session.Append(TestTokens.Random(tokens));
        return session;
    }

    private sealed class ChunkRecorder(List<(int FirstPosition, bool StartsWithBos, int SinkRow)> seen) : IBlockOutputTransform
    {
        public void Apply(int block, SequenceChunk chunk, Span<float> hidden, int hiddenSize) => seen.Add((chunk.FirstPosition, chunk.StartsWithBos, chunk.SinkRow));
    }
}
