using System.Text.Json;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Attention;
using OutlierQuant.Models;
using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Tests;
using OutlierQuant.Models.Tests.Plain;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Attention;

public class AttentionStudyTests
{
    /// <summary>Probabilities are binary32.</summary>
    private const double Tolerance = 2e-6;

    private static readonly string s_text = SampleText.Of(600);

    [Theory]
    [InlineData("LlamaForCausalLM", true)]
    [InlineData("MistralForCausalLM", false)]
    [InlineData("GPT2LMHeadModel", true)]
    public void Run_RandomCheckpoint_EqualsPlainLoops(string architecture, bool bos)
    {
        using var model = EvaluatedModel.Random(new RandomCheckpoint { Architecture = architecture, SlidingWindow = architecture == "MistralForCausalLM" ? 7 : null, BosOutlier = 5 });

        var result = AttentionStudy.Run(
            model.Model, model.Tokenizer, s_text, "text", new() { Context = 40, SinkLength = 8, MaxWindows = 3, Bos = bos, SinkThreshold = 0.2, DormantShare = 0.08, Heads = [new(1, 3)] });

        var ids = model.Tokenizer.Encode(s_text);
        Check(result, model, Cut(ids, 8, bos), Cut(ids, 40, bos));
        Assert.InRange(result.ClosedFormDifference, 0, 1e-5);
        Assert.Equal((bos, 40, 3, s_text.Length / (bos ? 39 : 40)), (result.Bos, result.Context, result.Windows, result.WindowsInText));
    }

    [Fact]
    public void Run_EvenAttention_IsKnown()
    {
        // Queries of zero make every score 0: query q gives 1 / (q + 1) to each of its keys.
        using var model = EvaluatedModel.Random();
        using var even = model.Model.With(linear => linear.Role == LinearRole.Query ? new ConstantLinear(linear, 0) : linear);

        var result = AttentionStudy.Run(even, model.Tokenizer, s_text, "text", new() { Context = 16, SinkLength = 4, MaxWindows = 2, SinkThreshold = 0.5 });

        // α(0) = (1 + 1/2 + 1/3 + 1/4) / 4 = 0.52, α(1) = 0.36.
        Assert.All(result.SinkMetrics, metric => Assert.Equal([1, 0], metric.SinkByPosition));
        var sink = Assert.Single(result.Sinks);
        Assert.Equal((SinkKind.PositionZero, 8), (sink.Kind, sink.HeadsOver));
        Assert.All(result.Heads, head =>
        {
            Assert.Equal(Enumerable.Range(1, 15).Average(q => 1.0 / (q + 1)), head.SinkShare, 1e-6);
            Assert.Equal(Enumerable.Range(1, 15).Average(q => q / (q + 1.0)), head.Gate!.Mean, 1e-6);
            Assert.Equal((0, 0), (head.SinkScore!.Value, head.OtherScore));

            // Query 1 gives the sink exactly half, which is not more than half.
            Assert.Equal((0, HeadClass.Active), (head.ParkedShare, head.Class));
        });
        Assert.Equal([0, 0.5, 0.5], result.Picture.Heads[0].WithoutSink!.Rows[2]);
        Assert.Equal([1], result.Picture.Heads[0].WithoutSink!.Rows[0]);
        Assert.Equal(2 / 3.0, result.Picture.Heads[0].Gate![2], 1e-12);
    }

    [Fact]
    public void Run_NothingOverTheThreshold_SaysThatThereIsNoSink()
    {
        using var model = EvaluatedModel.Random();

        var result = AttentionStudy.Run(model.Model, model.Tokenizer, s_text, "text", new() { Context = 32, SinkLength = 32, MaxWindows = 2, SinkThreshold = 0.9 });

        Assert.Empty(result.Sinks);
        Assert.StartsWith("No sink was found", result.Verdict[0], StringComparison.Ordinal);
        Assert.All(result.Heads, head => Assert.Equal((0, HeadClass.Active, null), (head.SinkShare, head.Class, head.Gate)));
        Assert.All(result.Picture.Blocks, map => Assert.Null(map.WithoutSink));
        _ = JsonSerializer.Serialize(result, EvalJson.Default.AttentionResult);
    }

    [Fact]
    public void Run_NoBosInTheTokenizer_MeasuresWithoutAlone()
    {
        using var model = EvaluatedModel.Random(bos: false);

        var result = AttentionStudy.Run(model.Model, model.Tokenizer, s_text, "text", new() { Context = 32, SinkLength = 8, MaxWindows = 2 });

        Assert.Equal(["natural", "random", "repeated"], result.SinkMetrics.Select(metric => metric.Tokens));
        Assert.All(result.SinkMetrics, metric => Assert.False(metric.Bos));
    }

    [Fact]
    public void Run_OneAndThreeThreads_GiveTheSameBytes()
    {
        string Run(int threads)
        {
            using var model = EvaluatedModel.Random(threads: threads);
            var result = AttentionStudy.Run(model.Model, model.Tokenizer, s_text, "text", new() { MaxWindows = 3, SinkThreshold = 0.1 });
            return JsonSerializer.Serialize(result with { Model = "" }, EvalJson.Default.AttentionResult);
        }

        var one = Run(1);
        Assert.Equal(one, Run(3));
        Assert.Equal(one, JsonSerializer.Serialize(JsonSerializer.Deserialize(one, EvalJson.Default.AttentionResult)!, EvalJson.Default.AttentionResult));
    }

    [Theory]
    [InlineData(65, 8, 0, "The context is 65 tokens; this model allows 2 to 64")]
    [InlineData(32, 65, 0, "The sink metric's windows are 65 tokens; this model allows 2 to 64")]
    [InlineData(32, 8, 4, "There is no head 1.4; the model has blocks 0 to 1 with heads 0 to 3")]
    public void Run_BadOption_SaysWhatWouldBeRight(int context, int sinkLength, int head, string expected)
    {
        using var model = EvaluatedModel.Random();

        var error = Assert.Throws<ArgumentException>(() => AttentionStudy.Run(
            model.Model, model.Tokenizer, s_text, "text", new() { Context = context, SinkLength = sinkLength, Heads = [new(1, head)] }));

        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ConstantsBeforeTheTokens_SaysWhatItNeeds()
    {
        using var trained = EvaluatedModel.Random(new RandomCheckpoint { Architecture = "OutlierQuantLlamaForCausalLM", Variant = new(AttentionVariant.SinkToken, NormPlacement.Pre, false) });
        using var model = EvaluatedModel.Random();
        var folded = model.Model.With(fold: FoldBuilder.Compute(model.Model, [ByteTokenizer.BosTokenId], ByteTokenizer.BosTokenId));

        Assert.Contains("was trained with constant keys before the tokens (sink-token)", Refusal(trained.Model, trained.Tokenizer), StringComparison.Ordinal);
        Assert.Contains("is folded, and a study of attention needs every token in the stream", Refusal(folded, model.Tokenizer), StringComparison.Ordinal);

        string Refusal(TransformerModel refused, Tokenizer tokenizer) =>
            Assert.Throws<ArgumentException>(() => AttentionStudy.Run(refused, tokenizer, s_text, "text", new() { MaxWindows = 1 })).Message;
    }

    [Fact]
    public void Run_TextShorterThanTheSinkMetricsWindows_NamesThem()
    {
        using var model = EvaluatedModel.Random();

        var error = Assert.Throws<ArgumentException>(() => AttentionStudy.Run(model.Model, model.Tokenizer, s_text[..20], "text", new() { Context = 16, SinkLength = 40 }));

        Assert.StartsWith("Windows of 40 tokens for the sink metric: text: the text has 20 tokens", error.Message, StringComparison.Ordinal);
        Assert.Equal(16, AttentionStudy.Run(model.Model, model.Tokenizer, s_text[..20], "text", new() { Context = 16 }).SinkLength);
    }

    [Theory]
    [InlineData(double.NaN, 0.5, "threshold of the sink metric is NaN")]
    [InlineData(0.3, 1.5, "share that parks a query is 1.5")]
    public void Run_BadShare_SaysTheRange(double threshold, double share, string expected)
    {
        using var model = EvaluatedModel.Random();

        var error = Assert.Throws<ArgumentException>(() => AttentionStudy.Run(
            model.Model, model.Tokenizer, s_text, "text", new() { SinkThreshold = threshold, DormantShare = share }));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    // What the shared models' documents record elsewhere: their massive activations sit on BOS. Their attention does too, if weakly.
    [SharedTheory]
    [Trait("Category", "Trained")]
    [InlineData("tiny-llama", 0.18, 0.01)]
    [InlineData("tiny-gpt2", 0.125, 0.17)]
    public void Run_SharedModel_FindsBos(string name, double withBos, double withoutBos)
    {
        using var model = EvaluatedModel.Shared(name);

        var result = AttentionStudy.Run(model.Model, model.Tokenizer, File.ReadAllText(SharedData.Require("text/test.txt")), "test.txt", new() { MaxWindows = 16 });

        Assert.Equal((SinkKind.PositionZero, "<|bos|> at position 0"), (result.Sinks[0].Kind, result.Sinks[0].Name));
        Assert.InRange(result.SinkMetrics[0].First, withBos - 0.03, withBos + 0.03);
        Assert.InRange(result.SinkMetrics.First(metric => !metric.Bos).First, withoutBos - 0.03, withoutBos + 0.03);
        Assert.InRange(result.ClosedFormDifference, 0, 1e-5);
        Assert.All(result.Heads, head => Assert.InRange(head.SinkShare, head.Shares[0]!.Value - 1e-12, 1));
    }

    private static int[][] Cut(int[] ids, int length, bool bos)
    {
        var textTokens = bos ? length - 1 : length;
        var inText = ids.Length / textTokens;
        return [.. new[] { 0, (inText - 1) / 2, inText - 1 }.Select(number => (int[])[.. bos ? [0] : Array.Empty<int>(), .. ids.AsSpan(number * textTokens, textTokens)])];
    }

    /// <summary>Computes the numbers of position 0 again from the second forward pass, with loops over its plain arrays.</summary>
    private static void Check(AttentionResult result, EvaluatedModel model, int[][] shortWindows, int[][] longWindows)
    {
        var plain = new PlainTransformer(new PlainCheckpoint(model.Model.Directory));
        var (blocks, heads) = (model.Model.Config.BlockCount, model.Model.Config.HeadCount);
        var over = 0;
        var alphas = new double[blocks * heads];
        foreach (var window in shortWindows)
        {
            _ = plain.Logits(window);
            for (var head = 0; head < alphas.Length; head++)
            {
                var alpha = plain.Probabilities[head / heads][head % heads].Average(row => row[0]);
                over += alpha > result.SinkThreshold ? 1 : 0;
                alphas[head] += alpha / shortWindows.Length;
            }
        }

        Assert.Equal(over / (double)(shortWindows.Length * blocks * heads), result.SinkMetrics[0].First, 1e-12);
        Assert.Equal(alphas, result.Heads.Select(head => head.FirstAlpha), (x, y) => Math.Abs(x - y) < Tolerance);
        Assert.Equal(SinkKind.PositionZero, Assert.Single(result.Sinks).Kind);
        var rows = longWindows.Select(window =>
        {
            _ = plain.Logits(window);
            return (Probabilities: plain.Probabilities.ToList(), Scores: plain.Scores.ToList(), Values: plain.Values.ToList());
        }).ToList();
        var headSize = model.Model.Config.HeadSize;
        foreach (var head in result.Heads)
        {
            var probabilities = rows.SelectMany(window => window.Probabilities[head.Block][head.Head].Skip(1)).ToList();
            Assert.Equal(probabilities.Average(row => row[0]), head.Shares[0]!.Value, Tolerance);
            Assert.Equal(probabilities.Average(row => 1 - row[0]), head.Gate!.Mean, Tolerance);
            var start = head.Head * model.Model.Config.KeyValueHeadCount / heads * headSize;
            double Norm(double[] row) => Math.Sqrt(row.Skip(start).Take(headSize).Sum(value => value * value));
            Assert.Equal(
                rows.Average(window => Norm(window.Values[head.Block][0])) / rows.SelectMany(window => window.Values[head.Block].Skip(1)).Average(Norm), head.SinkValueNorm!.Value, 1e-5);
            Assert.Equal(probabilities.Average(row => row[0] > result.DormantShare ? 1.0 : 0), head.ParkedShare, 1e-12);
            var scores = rows.SelectMany(window => window.Scores[head.Block][head.Head].Skip(1)).ToList();
            Assert.Equal(scores.SelectMany(row => row.Skip(1)).Where(double.IsFinite).Average(), head.OtherScore, 1e-5);
            Assert.Equal(scores.Select(row => row[0]).Where(double.IsFinite).Average(), head.SinkScore!.Value, 1e-5);
        }

        var map = result.Picture.Heads.Single();
        for (var query = 1; query < map.WithSink.Rows.Count; query++)
        {
            var expected = rows[0].Probabilities[1][3][query];
            var ofQuery = rows[0].Scores[1][3][query];
            Assert.Equal(expected.Take(query + 1), map.WithSink.Rows[query], (x, y) => Math.Abs(x - y) < Tolerance);
            Assert.Equal(1, map.WithoutSink!.Rows[query].Sum(), 1e-6);
            Assert.Equal(ofQuery.Take(query + 1).Select(score => double.IsFinite(score) ? score : 0), map.Scores.Rows[query], (x, y) => Math.Abs(x - y) < 1e-5);
            var rest = ofQuery.Skip(1).Take(query).Sum(Math.Exp);
            Assert.Equal(rest / (rest + Math.Exp(ofQuery[0])), map.Gate![query], Tolerance);
        }

        var mean = result.Picture.Blocks[0].Scores.Rows[5][0];
        Assert.Equal(rows[0].Scores[0].Average(head => double.IsFinite(head[5][0]) ? head[5][0] : 0), mean, 1e-5);
    }
}
