using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Devices;
using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Generation;
using OutlierQuant.Models.Tests.Devices;
using OutlierQuant.Models.Tests.Plain;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Models.Tests.Folding;

/// <summary>A folded model against the plain forward pass of the whole sequence, prefix included, in binary64.</summary>
public sealed class FoldedModelTests : IDisposable
{
    /// <summary>Rounding of float32, as in <see cref="ArchitectureTests"/>.</summary>
    private const double Tolerance = 5e-6;

    private static readonly int[][] s_prefixes = [[ByteTokenizer.BosTokenId], [40, 17, ByteTokenizer.BosTokenId], [ByteTokenizer.BosTokenId, 40], [40, 17]];

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string, RandomCheckpoint> Checkpoints => ArchitectureTests.Checkpoints;

    public static TheoryData<string> Devices => [.. TestDevices.Names];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Logits_FoldedPrefix_EqualThePlainModelWithThePrefixInTheStream(string name, RandomCheckpoint checkpoint)
    {
        using TestModel test = TestModel.Open(checkpoint.Write(_directory.Path));
        foreach (int[] prefix in s_prefixes)
        {
            int[] ids = TestTokens.Random(35);
            double[] expected = Plain([.. prefix, .. ids[1..]], prefix.Length - 1);

            float[] actual = Folded(test.Model, prefix).Logits(ids);

            Close.Assert(expected, actual, Tolerance, $"{name}, prefix of {prefix.Length}");
        }
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Append_TokensInAnyPieces_EqualsTheUnfoldedSession(string name, RandomCheckpoint checkpoint)
    {
        using TestModel test = TestModel.Open(checkpoint.Write(_directory.Path));
        int[] ids = TestTokens.Random(30);
        foreach (int[] prefix in s_prefixes)
        {
            int[] whole = [.. prefix, .. ids[1..]];
            TransformerModel folded = Folded(test.Model, prefix);
            foreach (int[] pieces in (int[][])[[30], [1, 1, 28], [2, 26, 1, 1], [1, 29]])
            {
                using DecodingSession session = new(folded);
                using DecodingSession unfolded = new(test.Model);
                _ = unfolded.Append(whole.AsSpan(0, prefix.Length));
                foreach (int piece in pieces)
                {
                    ReadOnlyMemory<float> actual = session.Append(ids.AsSpan(session.Position, piece));
                    int upTo = session.Position + prefix.Length - 1;
                    float[] expected = upTo == prefix.Length
                        ? [.. test.Model.Logits(prefix).AsSpan()[^test.Model.Config.VocabularySize..]]
                        : unfolded.Append(whole.AsSpan(unfolded.Position, upTo - unfolded.Position)).ToArray();
                    Close.Assert([.. expected.Select(logit => (double)logit)], actual.Span, Tolerance, $"{name}, {session.Position} tokens");
                }

                Assert.Equal(30, session.Position);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Logits_OnADevice_EqualThePlainModel(string deviceName)
    {
        using IDevice device = TestDevices.Open(deviceName);
        using ModelDevice weights = new(device);
        foreach (RandomCheckpoint checkpoint in (RandomCheckpoint[])[new() { Architecture = "MistralForCausalLM", SlidingWindow = 9 }, new() { Architecture = "GPT2LMHeadModel" }])
        {
            using TestModel test = TestModel.Open(checkpoint.Write(_directory.Path), device: weights);
            int[] ids = TestTokens.Random(35);
            foreach (int[] prefix in s_prefixes)
            {
                double[] expected = Plain([.. prefix, .. ids[1..]], prefix.Length - 1);
                TransformerModel folded = Folded(test.Model, prefix);
                Close.Assert(expected, folded.Logits(ids), Tolerance, $"{checkpoint.Architecture}, window");
                using DecodingSession session = new(folded);
                foreach (int piece in (int[])[1, 3, 30, 1])
                {
                    ReadOnlyMemory<float> actual = session.Append(ids.AsSpan(session.Position, piece));
                    int vocabulary = folded.Config.VocabularySize;
                    Close.Assert(expected[((session.Position - 1) * vocabulary)..(session.Position * vocabulary)], actual.Span, Tolerance, $"{checkpoint.Architecture}, {session.Position} tokens");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Run_SeveralWindows_EachStartsWithTheConstants(string deviceName)
    {
        using IDevice device = TestDevices.Open(deviceName);
        using ModelDevice weights = new(device);
        using TestModel test = TestModel.Open(new RandomCheckpoint { BlockCount = 3 }.Write(_directory.Path), device: weights);
        TransformerModel folded = Folded(test.Model, s_prefixes[1]);
        int[][] windows = [TestTokens.Random(20, seed: 1), [ByteTokenizer.BosTokenId], TestTokens.Random(33, seed: 2), TestTokens.Random(2, seed: 3), TestTokens.Random(20, seed: 4)];

        List<float[]> together = Windows.Run(folded, windows);
        List<float[]> oneByOne = Windows.Run(folded, windows, new ForwardOptions { ActivationBudgetBytes = 1 });

        for (int window = 0; window < windows.Length; window++)
        {
            Assert.Equal(windows[window].Length * folded.Config.HiddenSize, together[window].Length);
            Assert.Equal(together[window], oneByOne[window]);
            Assert.Equal(Windows.Run(folded, [windows[window]])[0], together[window]);
        }
    }

    [Theory]
    [InlineData("LlamaForCausalLM", null)]
    [InlineData("MistralForCausalLM", 300)]
    public void Logits_SeveralBlocksOfKeys_EqualTheUnfoldedModel(string architecture, int? slidingWindow)
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint { Architecture = architecture, SlidingWindow = slidingWindow, MaxPositions = 700 }.Write(_directory.Path));
        int[] ids = TestTokens.Random(640);
        int vocabulary = test.Model.Config.VocabularySize;
        foreach (int[] prefix in s_prefixes)
        {
            float[] whole = test.Model.Logits([.. prefix, .. ids[1..]]);
            double[] expected = [.. whole.Skip((prefix.Length - 1) * vocabulary).Select(logit => (double)logit)];
            TransformerModel folded = Folded(test.Model, prefix);
            Close.Assert(expected, folded.Logits(ids), Tolerance, $"{architecture}, window");
            using DecodingSession session = new(folded), choosing = new(folded);
            float[] first = session.Append(ids.AsSpan(0, 1)).ToArray();
            Assert.Equal(Array.IndexOf(first, first.Max()), choosing.AppendAndChoose(ids.AsSpan(0, 1), new TokenSampler(SamplingOptions.Greedy)));
            foreach (int piece in (int[])[253, 1, 1, 1, 383])
            {
                ReadOnlyMemory<float> actual = session.Append(ids.AsSpan(session.Position, piece));
                Close.Assert(expected[((session.Position - 1) * vocabulary)..(session.Position * vocabulary)], actual.Span, Tolerance, $"{architecture}, {session.Position} tokens");
            }
        }
    }

    [Theory]
    [InlineData("LlamaForCausalLM", null)]
    [InlineData("MistralForCausalLM", 6)]
    [InlineData("GPT2LMHeadModel", null)]
    public void Logits_ConstantsWithoutAPrefix_EqualThePlainModelWithTheirKeysAndValues(string architecture, int? slidingWindow)
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint { Architecture = architecture, SlidingWindow = slidingWindow }.Write(_directory.Path));
        Fold fold = new(null, [.. Enumerable.Range(0, test.Model.Config.BlockCount).Select(block => RandomConstants(test.Model, 2, block))]);
        int[] ids = TestTokens.Random(35)[1..];
        PlainTransformer plain = new(new PlainCheckpoint(_directory.Path)) { Constants = AsRows(test.Model, fold) };

        float[] actual = test.Model.With(fold: fold).Logits(ids);

        Close.Assert([.. plain.Logits(ids).SelectMany(row => row)], actual, Tolerance, architecture);
    }

    [Fact]
    public void Logits_FewerSlotsThanThePrefixHasTokens_LeavePositionsAsTheyAre()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        FoldedPrefix prefix = FoldBuilder.Compute(test.Model, s_prefixes[1], ByteTokenizer.BosTokenId).Prefix!;
        Fold fold = new(prefix, [.. Enumerable.Range(0, 2).Select(block => RandomConstants(test.Model, 1, block))]);
        int[] ids = TestTokens.Random(20);
        PlainTransformer plain = new(new PlainCheckpoint(_directory.Path)) { Constants = AsRows(test.Model, fold), FirstPosition = 3 };

        float[] actual = test.Model.With(fold: fold).Logits(ids);

        Close.Assert([.. plain.Logits(ids[1..]).SelectMany(row => row)], actual.AsSpan(test.Model.Config.VocabularySize), Tolerance, "tokens behind the prefix");
    }

    [Fact]
    public void Run_Observer_SeesTheTokensBehindThePrefixAtTheirPositions()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint { BlockCount = 1 }.Write(_directory.Path));
        int[] ids = TestTokens.Random(12);
        RecordingObserver unfolded = new(_ => true), folded = new(_ => true);

        _ = Windows.Run(test.Model, [ids], new ForwardOptions { Observer = unfolded });
        _ = Windows.Run(Folded(test.Model, s_prefixes[0]), [ids], new ForwardOptions { Observer = folded });

        Assert.Equal(unfolded.Seen.Select(seen => seen.Point), folded.Seen.Select(seen => seen.Point));
        foreach (((ObservationPoint point, _, _, float[] expected, int rows, int columns), (_, _, SequenceChunk chunk, float[] actual, int actualRows, int actualColumns)) in unfolded.Seen.Zip(folded.Seen))
        {
            Assert.Equal((1, -1, columns), (chunk.FirstPosition, chunk.SinkRow, actualColumns));
            Assert.Equal(ids[1..], chunk.TokenIds.ToArray());
            if (point.Kind == ObservationKind.AttentionValues)
            {
                Close.Assert([.. expected.Select(value => (double)value)], actual, Tolerance, point.ToString());
                continue;
            }

            int heads = rows / ids.Length;
            int pieces = point.Kind == ObservationKind.AttentionQueries ? test.Model.Config.KeyValueHeadCount : heads;
            Assert.Equal(rows - heads, actualRows);
            double[] behind = [.. expected.Chunk(expected.Length / pieces).SelectMany(piece => piece.Skip(heads / pieces * columns)).Select(Finite)];
            Close.Assert(behind, [.. actual.Select(value => (float)Finite(value))], Tolerance, point.ToString());
        }

        // A key that a query may not see has the score −∞ on both sides.
        static double Finite(float value) => float.IsNegativeInfinity(value) ? 0 : value;
    }

    [Fact]
    public void Logits_AnyThreadCount_SameBits()
    {
        new RandomCheckpoint().Write(_directory.Path);
        float[][] results = [.. ((int[])[1, 2, 3, 7]).Select(threads =>
        {
            using TestModel test = TestModel.Open(_directory.Path, threads);
            return Folded(test.Model, s_prefixes[1]).Logits(TestTokens.Random(20));
        })];

        Assert.All(results, result => Assert.Equal(results[0], result));
    }

    [Fact]
    public void Logits_WrongSequence_SaysWhatIsNeeded()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint { MaxPositions = 10 }.Write(_directory.Path));
        TransformerModel folded = Folded(test.Model, s_prefixes[1]);

        string noBos = Assert.Throws<ArgumentException>(() => folded.Logits([5, 6])).Message;
        Assert.Equal("Window 0 starts with token id 5, but this model has its prefix folded, and BOS (id 0) at the start stands for it; start with BOS (leave out --no-bos).", noBos);
        using DecodingSession session = new(folded);
        Assert.Contains("starts with token id 7", Assert.Throws<ArgumentException>(() => session.Append([7])).Message, StringComparison.Ordinal);
        Assert.Equal(8, folded.LongestSequence);
        Assert.Equal("Window 0 needs 11 positions; the model has 10.", Assert.Throws<ArgumentException>(() => folded.Logits(TestTokens.Random(9))).Message);
        Assert.Equal(8 * 258, folded.Logits(TestTokens.Random(8)).Length);
    }

    private static TransformerModel Folded(TransformerModel model, int[] prefix) => model.With(fold: FoldBuilder.Compute(model, prefix, ByteTokenizer.BosTokenId));

    /// <summary>Logits of the last token of the prefix and of all behind it. Shape [tokens · vocabulary].</summary>
    private double[] Plain(int[] ids, int first) => [.. new PlainTransformer(new PlainCheckpoint(_directory.Path)).Logits(ids)[first..].SelectMany(row => row)];

    private static AttentionConstants RandomConstants(TransformerModel model, int slots, int seed)
    {
        Random random = new(seed);
        float[] Numbers() => [.. Enumerable.Range(0, model.Config.KeyValueHeadCount * slots * model.Config.HeadSize).Select(_ => (float)((4 * random.NextDouble()) - 2))];
        return new AttentionConstants(slots, model.Config.HeadSize, Numbers(), Numbers());
    }

    /// <summary>Turns [heads, slots, headSize] of each block into rows [slots][heads · headSize].</summary>
    private static (double[][] Keys, double[][] Values)[] AsRows(TransformerModel model, Fold fold)
    {
        int heads = model.Config.KeyValueHeadCount, size = model.Config.HeadSize;
        double[][] Rows(ReadOnlyMemory<float> numbers) =>
        [
            .. Enumerable.Range(0, fold.Slots).Select(slot => Enumerable.Range(0, heads * size)
                .Select(i => (double)numbers.Span[(((i / size * fold.Slots) + slot) * size) + (i % size)]).ToArray()),
        ];
        return [.. fold.Blocks.Select(block => (Rows(block.Keys), Rows(block.Values)))];
    }
}
