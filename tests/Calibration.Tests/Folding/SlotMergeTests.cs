using OutlierQuant.Calibration.Folding;
using OutlierQuant.Models;
using OutlierQuant.Models.Folding;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Folding;

public sealed class SlotMergeTests
{
    [Theory]
    [InlineData("LlamaForCausalLM", null)]
    [InlineData("MistralForCausalLM", 6)]
    [InlineData("GPT2LMHeadModel", null)]
    public void Apply_Prefix_FitsTheQueriesThatSeeAllOfIt(string architecture, int? slidingWindow)
    {
        using FoldingModel model = new(new RandomCheckpoint { Architecture = architecture, SlidingWindow = slidingWindow });
        TransformerModel folded = Fold(model, [40, 50, 0]);
        CalibrationSet set = model.Cut();

        (Fold fold, SlotMergeResult result) = SlotMerge.Apply(folded, set);

        Assert.Equal((1, 3), (fold.Slots, result.Slots));
        Assert.Same(folded.Fold!.Prefix, fold.Prefix);
        QueryRecorder recorder = new();
        new ForwardPass(folded).Run(set.Windows, recorder, new ForwardOptions { Observer = recorder });
        int heads = folded.Config.KeyValueHeadCount, group = folded.Config.HeadCount / heads;
        Assert.Equal(2 * heads, result.Heads.Count);
        foreach (MergedHead merged in result.Heads)
        {
            SlotFit fit = new(folded.Fold.Blocks[merged.Block], merged.Head);
            foreach (float[][] rows in recorder.Windows[merged.Block])
            {
                // Position 3 + t sees position 0 if the window holds 4 + t positions.
                int tokens = rows.Length / (heads * group), seen = slidingWindow is int size ? Math.Min(tokens, size - 3) : tokens;
                foreach (float[] query in rows.Skip(merged.Head * tokens * group).Take(seen * group))
                {
                    fit.Add(query);
                }
            }

            (float[] key, float[] value, double keyResidual, double valueResidual) = fit.Solve();
            Assert.Equal(key, fold.Blocks[merged.Block].Key(merged.Head, 0).ToArray());
            Assert.Equal(value, fold.Blocks[merged.Block].Value(merged.Head, 0).ToArray());
            Assert.Equal((keyResidual, valueResidual), (merged.KeyResidual, merged.ValueResidual));
        }

        Assert.Equal(result.Heads.Max(head => head.KeyResidual), result.Worst.KeyResidual);
        Assert.Equal(Math.Sqrt(result.Heads.Average(head => head.KeyResidual * head.KeyResidual)), result.KeyResidual, 1e-12);
    }

    [Fact]
    public void Apply_AnyThreadCount_SameBits()
    {
        float[][] keys = [.. ((int[])[1, 3]).Select(threads =>
        {
            using FoldingModel model = new(threads: threads);
            return SlotMerge.Apply(Fold(model, [40, 0]), model.Cut()).Fold.Blocks[1].Keys.ToArray();
        })];

        Assert.Equal(keys[0], keys[1]);
    }

    [Fact]
    public void Apply_NothingToMerge_IsRefused()
    {
        using FoldingModel model = new();

        Assert.Contains("There are 1 constant pairs a head", Assert.Throws<ArgumentException>(() => SlotMerge.Apply(Fold(model, [0]), model.Cut())).Message, StringComparison.Ordinal);
        Assert.Contains("There are 0 constant pairs a head", Assert.Throws<ArgumentException>(() => SlotMerge.Apply(model.Model, model.Cut())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_SlidingWindowShorterThanThePrefix_IsRefused()
    {
        using FoldingModel model = new(new RandomCheckpoint { Architecture = "MistralForCausalLM", SlidingWindow = 2 });

        Assert.Contains("at block 0: the sliding window is too short", Assert.Throws<ArgumentException>(() => SlotMerge.Apply(Fold(model, [40, 0]), model.Cut())).Message, StringComparison.Ordinal);
    }

    private static TransformerModel Fold(FoldingModel model, int[] prefix) => model.Model.With(fold: FoldBuilder.Compute(model.Model, prefix, ByteTokenizer.BosTokenId));

    private sealed class QueryRecorder : IForwardObserver, IWindowConsumer
    {
        public Dictionary<int, List<float[][]>> Windows { get; } = [];

        public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.AttentionQueries;

        public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
        {
            Windows.TryAdd(point.Block, []);
            Windows[point.Block].Add([.. values.ToArray().Chunk(columns)]);
        }

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
        }
    }
}
