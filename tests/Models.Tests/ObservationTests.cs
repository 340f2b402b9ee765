using OutlierQuant.Models.Linears;
using OutlierQuant.Models.Tests.Plain;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Models.Tests;

public sealed class ObservationTests : IDisposable
{
    private const double Tolerance = 5e-6;

    private static readonly ObservationKind[] AttentionKinds = [ObservationKind.AttentionValues, ObservationKind.AttentionScores, ObservationKind.AttentionProbabilities];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("LlamaForCausalLM")]
    [InlineData("GPT2LMHeadModel")]
    public void Observe_EveryPoint_OncePerWindow(string architecture)
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint { Architecture = architecture }.Write(_directory.Path));
        int[][] windows = [TestTokens.Random(9, seed: 1), TestTokens.Random(35, seed: 2)];
        RecordingObserver observer = new(_ => true);

        _ = Windows.Run(test.Model, windows, new ForwardOptions { Observer = observer });

        IEnumerable<ObservationPoint> points =
        [
            .. test.Model.Linears.Select(linear => new ObservationPoint(ObservationKind.LinearInput, linear.Block, linear.Name)),
            .. Enumerable.Range(0, 2).Select(block => new ObservationPoint(ObservationKind.BlockOutput, block)),
            .. Enumerable.Range(0, 2).Select(block => new ObservationPoint(ObservationKind.AttentionQueries, block)),
            .. from kind in AttentionKinds from block in Enumerable.Range(0, 2) select new ObservationPoint(kind, block),
        ];
        Assert.Equal(
            points.SelectMany(point => new[] { (point, 0), (point, 1) }).Order(Comparer),
            observer.Seen.Where(IsWhole).Select(seen => (seen.Point, seen.Window)).Order(Comparer));
        Assert.All(observer.Seen, seen => Assert.Equal(seen.Rows * seen.Columns, seen.Values.Length));
        Assert.All(test.Model.Linears, linear => Assert.All(
            observer.Seen.Where(seen => seen.Point.LinearName == linear.Name),
            seen => Assert.Equal((windows[seen.Window].Length, linear.InFeatures), (seen.Rows, seen.Columns))));
    }

    [Fact]
    public void Observe_OnlyWantedPoints_AndOthersCostNoCall()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        ObservationPoint wanted = new(ObservationKind.LinearInput, 1, "model.layers.1.mlp.down_proj");
        RecordingObserver observer = new(point => point == wanted);

        _ = Windows.Run(test.Model, [TestTokens.Random(4)], new ForwardOptions { Observer = observer });

        Assert.Equal(wanted, Assert.Single(observer.Seen).Point);
    }

    [Fact]
    public void Observe_OneKindOfAttention_OnlyThat()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        int[] ids = TestTokens.Random(37);
        RecordingObserver all = new(_ => true);
        _ = Windows.Run(test.Model, [ids], new ForwardOptions { Observer = all });

        foreach (ObservationKind kind in AttentionKinds)
        {
            RecordingObserver one = new(point => point.Kind == kind);
            _ = Windows.Run(test.Model, [ids], new ForwardOptions { Observer = one });

            Assert.Equal(all.Seen.Where(seen => seen.Point.Kind == kind).SelectMany(seen => seen.Values), one.Seen.SelectMany(seen => seen.Values));
            Assert.All(one.Seen, seen => Assert.Equal(kind, seen.Point.Kind));
        }
    }

    [Theory]
    [InlineData("MistralForCausalLM")]
    [InlineData("GPT2LMHeadModel")]
    public void Observe_BlockOutputsAndAttention_EqualPlainImplementation(string architecture)
    {
        RandomCheckpoint checkpoint = new() { Architecture = architecture, SlidingWindow = 11 };
        checkpoint.Write(_directory.Path);
        int[] ids = TestTokens.Random(37);
        PlainTransformer plain = new(new PlainCheckpoint(_directory.Path));
        _ = plain.Logits(ids);
        using TestModel test = TestModel.Open(_directory.Path);
        RecordingObserver observer = new(_ => true);

        _ = Windows.Run(test.Model, [ids], new ForwardOptions { Observer = observer });

        for (int block = 0; block < 2; block++)
        {
            double[] output = [.. plain.BlockOutputs[block].SelectMany(row => row)];
            Close.Assert(output, Find(observer, new(ObservationKind.BlockOutput, block)), Tolerance, $"output of block {block}");
            int group = test.Model.Config.HeadCount / test.Model.Config.KeyValueHeadCount, size = test.Model.Config.HeadSize;
            double[] queries = [.. plain.Queries[block][0].Chunk(group * size).SelectMany((_, head) => plain.Queries[block].SelectMany(row => row.Chunk(group * size).ElementAt(head)))];
            Close.Assert(queries, Find(observer, new(ObservationKind.AttentionQueries, block)), Tolerance, $"queries of block {block}");
            double[] probabilities = [.. plain.Probabilities[block].SelectMany(head => head).SelectMany(row => row)];
            Close.Assert(probabilities, Join(observer, new(ObservationKind.AttentionProbabilities, block), ids.Length), Tolerance, $"attention of block {block}");
            double[] scores = [.. plain.Scores[block].SelectMany(head => head).SelectMany(row => row)];
            Close.Assert(scores, Join(observer, new(ObservationKind.AttentionScores, block), ids.Length), Tolerance, $"scores of block {block}");
            int keyValueHeads = plain.Values[block][0].Length / checkpoint.HeadSize;
            double[] values = [.. Enumerable.Range(0, keyValueHeads).SelectMany(head => plain.Values[block].SelectMany(row => row.Skip(head * checkpoint.HeadSize).Take(checkpoint.HeadSize)))];
            Close.Assert(values, Find(observer, new(ObservationKind.AttentionValues, block)), Tolerance, $"values of block {block}");
        }
    }

    [Fact]
    public void Observe_Observed_ResultsUnchangedBitForBit()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        int[] ids = TestTokens.Random(37);

        List<float[]> watched = Windows.Run(test.Model, [ids], new ForwardOptions { Observer = new RecordingObserver(_ => true) });

        Assert.Equal(Windows.Run(test.Model, [ids]), watched);
    }

    [Fact]
    public void Transforms_InOrder_AfterObservationAndBeforeTheNextBlock()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        RecordingObserver observer = new(_ => true);
        TransformerModel changed = test.Model.With(transforms: [new SetChannel(0, 5, 100), new SetChannel(0, 5, 200)]);

        _ = Windows.Run(changed, [TestTokens.Random(3)], new ForwardOptions { Observer = observer });

        float[] output = Find(observer, new(ObservationKind.BlockOutput, 0));
        Assert.DoesNotContain(output, value => value is 100 or 200);

        // The second transform wins: channel 5 of the stream enters block 1 as 200 and is only added to.
        Assert.All(Find(observer, new(ObservationKind.BlockOutput, 1)).Chunk(32), row => Assert.InRange(row[5], 150, 250));
    }

    [Fact]
    public void With_Replacement_IsUsedAndLeavesTheBaseAlone()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        int[] ids = TestTokens.Random(6);
        float[] before = test.Model.Logits(ids);
        TransformerModel changed = test.Model.With(linear => linear.Role == LinearRole.Down ? new ConstantLinear(linear, 0) : linear);

        Assert.NotEqual(before, changed.Logits(ids));
        Assert.Equal(before, test.Model.Logits(ids));
        Assert.Equal(2, changed.Linears.Count(linear => linear is ConstantLinear));
        Assert.Equal(before, changed.With(linear => test.Model.Linears.Single(old => old.Name == linear.Name)).Logits(ids));
    }

    [Fact]
    public void With_ReplacementOfAnotherShape_Fails()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        Linear gate = test.Model.Linears.First(linear => linear.Role == LinearRole.Gate);

        ArgumentException wrong = Assert.Throws<ArgumentException>(() => test.Model.With(_ => gate));

        Assert.StartsWith("'model.layers.0.self_attn.q_proj' (block 0, Query, [32, 32]) cannot be replaced by 'model.layers.0.mlp.gate_proj'", wrong.Message, StringComparison.Ordinal);
    }

    private static Comparer<(ObservationPoint Point, int Window)> Comparer => Comparer<(ObservationPoint Point, int Window)>.Create(
        (left, right) => string.CompareOrdinal(left.ToString(), right.ToString()));

    private static float[] Find(RecordingObserver observer, ObservationPoint point) => Assert.Single(observer.Seen, seen => seen.Point == point).Values;

    /// <summary>Whether a record is the first of its window: probabilities and scores come in pieces.</summary>
    private static bool IsWhole((ObservationPoint Point, int Window, SequenceChunk Chunk, float[] Values, int Rows, int Columns) seen) =>
        seen.Chunk.FirstPosition == 0;

    /// <summary>Joins the pieces of a block's probabilities or scores. Shape [heads, tokens, tokens].</summary>
    private static float[] Join(RecordingObserver observer, ObservationPoint point, int tokens)
    {
        var pieces = observer.Seen.Where(seen => seen.Point == point).ToList();
        Assert.Equal(Enumerable.Range(0, tokens), pieces.SelectMany(piece => Enumerable.Range(piece.Chunk.FirstPosition, piece.Chunk.TokenIds.Length)));
        int heads = pieces[0].Rows / pieces[0].Chunk.TokenIds.Length;
        return [.. Enumerable.Range(0, heads).SelectMany(head => pieces.SelectMany(piece =>
            piece.Values.Chunk(piece.Chunk.TokenIds.Length * piece.Columns).ElementAt(head)))];
    }

    private sealed class SetChannel(int block, int channel, float value) : IBlockOutputTransform
    {
        public void Apply(int current, SequenceChunk chunk, Span<float> hidden, int hiddenSize)
        {
            for (int token = 0; current == block && token < chunk.TokenIds.Length; token++)
            {
                hidden[(token * hiddenSize) + channel] = value;
            }
        }
    }
}
