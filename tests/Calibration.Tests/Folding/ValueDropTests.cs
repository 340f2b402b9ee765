using OutlierQuant.Calibration.Folding;
using OutlierQuant.Models;
using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Linears;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Folding;

public sealed class ValueDropTests
{
    [Theory]
    [InlineData("LlamaForCausalLM")]
    [InlineData("GPT2LMHeadModel")]
    public void Apply_Shares_EqualAPlainComputation(string architecture)
    {
        using FoldingModel model = new(new RandomCheckpoint { Architecture = architecture });
        TransformerModel folded = Fold(model, [40, 0]);
        CalibrationSet set = model.Cut();

        ValueDropResult result = ValueDrop.Apply(folded, set, 0).Result;

        // The value of a token is the value projection of its normalized stream; in GPT-2 the last third of one projection.
        ValueRecorder recorder = new(folded);
        new ForwardPass(folded).Run(set.Windows, recorder, new ForwardOptions { Observer = recorder });
        int heads = folded.Config.KeyValueHeadCount, size = folded.Config.HeadSize;
        Assert.Equal(2 * heads * 2, result.Values.Count);
        foreach (ValueShare share in result.Values)
        {
            double mean = recorder.Values[share.Block].Average(row => Norm(row.AsSpan(share.Head * size, size)));
            double constant = Norm(folded.Fold!.Blocks[share.Block].Values.Span.Slice(((share.Head * 2) + share.Slot) * size, size));
            Assert.Equal(constant / mean, share.Share, 1e-5);
            Assert.False(share.IsDropped);
        }

        Assert.Equal(result.Values, result.Values.OrderBy(value => value.Block).ThenBy(value => value.Head).ThenBy(value => value.Slot));
    }

    [Fact]
    public void Apply_Bound_ZeroesTheSmallerValuesAndNoKey()
    {
        using FoldingModel model = new();
        TransformerModel folded = Fold(model, [0]);
        ValueShare[] sorted = [.. ValueDrop.Apply(folded, model.Cut(), 0).Result.Values.OrderBy(value => value.Share)];

        // The bound is the third smallest share itself: below it lie two.
        (Fold fold, ValueDropResult result) = ValueDrop.Apply(folded, model.Cut(), sorted[2].Share);

        Assert.Equal((2, sorted[2].Share), (result.Dropped, result.Bound));
        Assert.Equal(sorted[..2].Select(value => (value.Block, value.Head)).Order(), result.Values.Where(value => value.IsDropped).Select(value => (value.Block, value.Head)));
        Assert.Equal(2, FoldDescription.Of(fold).DroppedValues);
        for (int block = 0; block < 2; block++)
        {
            Assert.Equal(folded.Fold!.Blocks[block].Keys.ToArray(), fold.Blocks[block].Keys.ToArray());
            for (int head = 0; head < 2; head++)
            {
                bool isDropped = sorted[..2].Any(value => (value.Block, value.Head) == (block, head));
                Assert.Equal(isDropped ? new float[8] : folded.Fold.Blocks[block].Value(head, 0).ToArray(), fold.Blocks[block].Value(head, 0).ToArray());
            }
        }
    }

    [Fact]
    public void Apply_UnfoldedModelOrNegativeBound_IsRefused()
    {
        using FoldingModel model = new();

        Assert.Contains("fold it first", Assert.Throws<ArgumentException>(() => ValueDrop.Apply(model.Model, model.Cut(), 0.1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>("bound", () => ValueDrop.Apply(Fold(model, [0]), model.Cut(), -1));
    }

    private static TransformerModel Fold(FoldingModel model, int[] prefix) => model.Model.With(fold: FoldBuilder.Compute(model.Model, prefix, ByteTokenizer.BosTokenId));

    private static double Norm(ReadOnlySpan<float> vector)
    {
        double squares = 0;
        foreach (float number in vector)
        {
            squares += (double)number * number;
        }

        return Math.Sqrt(squares);
    }

    /// <summary>Computes the values of every token from what the value projection reads.</summary>
    private sealed class ValueRecorder(TransformerModel model) : IForwardObserver, IWindowConsumer
    {
        private readonly Dictionary<string, Linear> _linears = model.Linears.Where(linear => linear.Role is LinearRole.Value or LinearRole.QueryKeyValue).ToDictionary(linear => linear.Name);

        public Dictionary<int, List<float[]>> Values { get; } = [];

        public bool Wants(ObservationPoint point) => _linears.ContainsKey(point.LinearName);

        public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
        {
            Linear linear = _linears[point.LinearName];
            float[] output = new float[rows * linear.OutFeatures];
            linear.Forward(values.ToArray(), rows, chunk, output, model.Context);
            int size = model.Config.KeyValueHeadCount * model.Config.HeadSize;
            Values.TryAdd(point.Block, []);
            Values[point.Block].AddRange(output.Chunk(linear.OutFeatures).Select(row => row[^size..]));
        }

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
        }
    }
}
