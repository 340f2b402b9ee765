using FsCheck.Xunit;
using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Tests.Plain;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Models.Tests.Folding;

public sealed class FoldBuilderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Property(MaxTest = 20)]
    public void Compute_AnyPrefixAndTokens_LogitsEqualThePlainModel(int seed)
    {
        Random random = new(seed);
        using TemporaryDirectory directory = new();
        RandomCheckpoint checkpoint = new()
        {
            Architecture = ((string[])["LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM", "GPT2LMHeadModel"])[random.Next(5)],
            SlidingWindow = random.Next(2) == 0 ? null : random.Next(1, 20),
            BlockCount = random.Next(1, 4),
            VocabularySize = 40,
            Seed = random.Next(),
        };
        checkpoint = checkpoint.Architecture is "MistralForCausalLM" or "Qwen2ForCausalLM" ? checkpoint : checkpoint with { SlidingWindow = null };
        using TestModel test = TestModel.Open(checkpoint.Write(directory.Path));
        int[] prefix = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(40))];
        int[] rest = [.. Enumerable.Range(0, random.Next(0, 30)).Select(_ => random.Next(40))];
        double[] expected = [.. new PlainTransformer(new PlainCheckpoint(directory.Path)).Logits([.. prefix, .. rest])[(prefix.Length - 1)..].SelectMany(row => row)];

        float[] actual = test.Model.With(fold: FoldBuilder.Compute(test.Model, prefix, 0)).Logits([0, .. rest]);

        Close.Assert(expected, actual, 1e-5, $"{checkpoint}, prefix of {prefix.Length}, {rest.Length} tokens");
    }

    [Fact]
    public void Compute_Prefix_HoldsOneSlotForEachToken()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));

        Fold fold = FoldBuilder.Compute(test.Model, [5, 6, 0], 0);

        Assert.Equal(3, fold.Slots);
        Assert.Equal([5, 6, 0], fold.Prefix!.TokenIds);
        Assert.All(fold.Blocks, block => Assert.Equal((2 * 3 * 8, 2 * 3 * 8), (block.Keys.Length, block.Values.Length)));
        Assert.Equal(Windows.Run(test.Model, [[5, 6, 0]])[0][^32..], fold.Prefix.FinalHidden.ToArray());
    }

    [Fact]
    public void KeysAndValues_FoldedOrNot_HoldTheSameRows()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint { Architecture = "Qwen3ForCausalLM" }.Write(_directory.Path));
        TransformerModel folded = test.Model.With(fold: FoldBuilder.Compute(test.Model, [9, 0], 0));

        IReadOnlyList<AttentionConstants> expected = FoldBuilder.KeysAndValues(test.Model, [9, 0, 7, 8]);
        IReadOnlyList<AttentionConstants> actual = FoldBuilder.KeysAndValues(folded, [0, 7, 8]);

        Assert.Equal(2, actual.Count);
        foreach ((AttentionConstants whole, AttentionConstants behind) in expected.Zip(actual))
        {
            Assert.Equal(4, behind.Slots);
            Close.Assert([.. whole.Keys.ToArray().Select(number => (double)number)], behind.Keys.Span, 5e-6, "keys");
            Close.Assert([.. whole.Values.ToArray().Select(number => (double)number)], behind.Values.Span, 5e-6, "values");
        }
    }

    [Fact]
    public void Compute_TokensThatDoNotFit_SaysWhy()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint { MaxPositions = 4 }.Write(_directory.Path));

        Assert.Equal("The prefix to fold has no tokens; at least one is needed.", Assert.Throws<ArgumentException>(() => FoldBuilder.Compute(test.Model, [], 0)).Message);
        Assert.Equal("The prefix to fold holds token id 258; the vocabulary has ids 0 to 257.", Assert.Throws<ArgumentException>(() => FoldBuilder.Compute(test.Model, [258], 0)).Message);
        Assert.Equal("The prefix to fold needs 5 positions; the model has 4.", Assert.Throws<ArgumentException>(() => FoldBuilder.Compute(test.Model, [1, 2, 3, 4, 0], 0)).Message);
        Assert.Contains("4 positions, so 1 to 3 tokens", Assert.Throws<ArgumentException>(() => FoldBuilder.Compute(test.Model, [1, 2, 3, 0], 0)).Message, StringComparison.Ordinal);
        Assert.Contains("token id -1", Assert.Throws<ArgumentException>(() => FoldBuilder.Compute(test.Model, [0], -1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compute_FoldedOrQuantizedModel_IsRefused()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        TransformerModel folded = test.Model.With(fold: FoldBuilder.Compute(test.Model, [0], 0));
        TransformerModel other = test.Model.With(linear => linear.Role == LinearRole.Down ? new ConstantLinear(linear, 1) : linear);

        Assert.Contains("folded already", Assert.Throws<ArgumentException>(() => FoldBuilder.Compute(folded, [0], 0)).Message, StringComparison.Ordinal);
        Assert.Contains("full precision", Assert.Throws<ArgumentException>(() => FoldBuilder.Compute(other, [0], 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compute_WeightThatIsNaN_NamesTheBlock()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint { BosOutlier = float.NaN }.Write(_directory.Path));

        string message = Assert.Throws<ArgumentException>(() => FoldBuilder.Compute(test.Model, [0], 0)).Message;

        Assert.StartsWith("Block 0: Element 0 of the constant keys is NaN; it must be finite.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_FoldOfAnotherModel_SaysWhatDiffers()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        Fold fold = FoldBuilder.Compute(test.Model, [0], 0);
        FoldedPrefix prefix = fold.Prefix!;

        Refuse(fold with { Blocks = [fold.Blocks[0]] }, "constants of 1 blocks; the model has 2 blocks");
        Refuse(fold with { Blocks = [fold.Blocks[0], new AttentionConstants(2, 8, new float[32], new float[32])] }, "[2, 2, 8] (heads, slots, head size) at block 1; [2, 1, 8] are needed");
        Refuse(fold with { Blocks = [.. fold.Blocks.Select(_ => new AttentionConstants(1, 8, new float[8], new float[8]))] }, "[1, 1, 8] (heads, slots, head size) at block 0");
        Refuse(fold with { Prefix = prefix with { TokenIds = [] } }, "0 tokens");
        Refuse(fold with { Prefix = prefix with { TokenIds = [258] } }, "token id 258");
        Refuse(fold with { Prefix = prefix with { FinalHidden = new float[31] } }, "31 numbers; 32 finite ones");
        Refuse(fold with { Prefix = prefix with { FinalHidden = new float[32].Select(_ => float.NaN).ToArray() } }, "32 finite ones");

        void Refuse(Fold wrong, string words) => Assert.Contains(words, Assert.Throws<ArgumentException>(() => test.Model.With(fold: wrong)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AttentionConstants_WrongNumbers_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>("slots", () => new AttentionConstants(0, 4, new float[4], new float[4]));
        Assert.Throws<ArgumentOutOfRangeException>("headSize", () => new AttentionConstants(1, 0, new float[4], new float[4]));
        Assert.Throws<ArgumentException>("keys", () => new AttentionConstants(1, 4, new float[4], new float[5]));
        Assert.Throws<ArgumentException>("keys", () => new AttentionConstants(3, 4, new float[4], new float[4]));
        Assert.Contains("Element 1 of the constant keys is NaN", Assert.Throws<ArgumentException>("keys", () => new AttentionConstants(1, 2, [0, float.NaN], new float[2])).Message, StringComparison.Ordinal);
        Assert.Contains("Element 0 of the constant values is", Assert.Throws<ArgumentException>("values", () => new AttentionConstants(1, 2, new float[2], [float.PositiveInfinity, 0])).Message, StringComparison.Ordinal);
    }
}
