using System.Text.Json;
using OutlierQuant.Eval.Folding;
using OutlierQuant.Models;
using OutlierQuant.Models.Folding;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Folding;

/// <summary>Perplexity of folded models, and what folding costs.</summary>
public class FoldedReadersTests
{
    /// <summary>Rounding of binary32 in the logits.</summary>
    private const double Tolerance = 1e-4;

    private static readonly string s_text = SampleText.Of(400);

    [Theory]
    [InlineData(PerplexityProtocol.Windows)]
    [InlineData(PerplexityProtocol.LlamaCpp)]
    public void Run_BosFolded_EqualsTheUnfoldedModel(PerplexityProtocol protocol)
    {
        using var model = EvaluatedModel.Random();
        var options = new PerplexityOptions { Protocol = protocol, Context = 20 };

        var expected = PerplexityEvaluator.Run(model.Model, model.Tokenizer, s_text, "text", options);
        var actual = PerplexityEvaluator.Run(Fold(model.Model, 0), model.Tokenizer, s_text, "text", options);

        Assert.Equal((expected.TokensScored, expected.BytesScored, expected.WindowsScored), (actual.TokensScored, actual.BytesScored, actual.WindowsScored));
        AssertClose(expected.Losses.SelectMany(losses => losses), actual);
    }

    [Fact]
    public void Run_LongerPrefix_ScoresTheTextBehindIt()
    {
        using var model = EvaluatedModel.Random();
        var ids = model.Tokenizer.Encode(s_text);

        var result = PerplexityEvaluator.Run(Fold(model.Model, 40, 50, 0), model.Tokenizer, s_text, "text", new() { Context = 16, MaxWindows = 1 });

        AssertClose(LossesByHand(model, [40, 50, 0, .. ids.AsSpan(0, 15)], 3), result);
    }

    [Fact]
    public void Run_Strided_PutsThePrefixBeforeEveryWindow()
    {
        using var model = EvaluatedModel.Random();
        var ids = model.Tokenizer.Encode(s_text);

        var result = PerplexityEvaluator.Run(Fold(model.Model, 40, 0), model.Tokenizer, s_text[..20], "text", new() { Protocol = PerplexityProtocol.Strided, Context = 16, Stride = 12 });

        // Windows of 15 tokens of the text from 0 and from 12 on, of which the second scores what the first has not.
        AssertClose([.. LossesByHand(model, [40, 0, .. ids.AsSpan(0, 15)], 2), .. LossesByHand(model, [40, 0, .. ids.AsSpan(12, 8)], 5)], result);
        Assert.Equal(20, result.TokensScored);
    }

    [Fact]
    public void Run_Options_ThatAFoldedModelDoesNotAllow_SaySo()
    {
        using var model = EvaluatedModel.Random();
        var folded = Fold(model.Model, 40, 0);

        Refuse(new() { Context = 64 }, "The context is 64 tokens; this model and protocol allow 2 to 63.");
        Refuse(new() { Context = 16, Bos = false }, "leave out --no-bos");
        Refuse(new() { Context = 16, Bos = false, Protocol = PerplexityProtocol.Strided }, "leave out --no-bos");
        Refuse(new() { Context = 16, Bos = false, Protocol = PerplexityProtocol.LlamaCpp }, "leave out --no-bos");
        Refuse(new() { Context = 16, Stride = 16, Protocol = PerplexityProtocol.Strided }, "The stride is 16 tokens; with a context of 16, of which BOS stands for the folded prefix, it must be 1 to 15.");

        void Refuse(PerplexityOptions options, string expected) => Assert.Contains(
            expected, Assert.Throws<ArgumentException>(() => PerplexityEvaluator.Run(folded, model.Tokenizer, s_text, "text", options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Result_AsJson_NamesTheFoldIfThereIsOne()
    {
        using var model = EvaluatedModel.Random();
        var options = new PerplexityOptions { Context = 16, MaxWindows = 1 };

        var with = JsonSerializer.Serialize(PerplexityEvaluator.Run(Fold(model.Model, 40, 0), model.Tokenizer, s_text, "text", options), EvalJson.Default.PerplexityResult);
        var without = JsonSerializer.Serialize(PerplexityEvaluator.Run(model.Model, model.Tokenizer, s_text, "text", options), EvalJson.Default.PerplexityResult);

        using var document = JsonDocument.Parse(with);
        Assert.Equal([40, 0], document.RootElement.GetProperty("fold").GetProperty("prefix").EnumerateArray().Select(id => id.GetInt32()));
        Assert.DoesNotContain("\"fold\"", without, StringComparison.Ordinal);
    }

    [Fact]
    public void Measure_BosAlone_CostsNothingAndALongerPrefixWhatItCosts()
    {
        using var model = EvaluatedModel.Random();
        var folded = Fold(model.Model, 40, 0);

        var exact = FoldCost.Measure(model.Model, Fold(model.Model, 0), model.Tokenizer, s_text, "text", 24);
        var longer = FoldCost.Measure(model.Model, folded, model.Tokenizer, s_text, "text", 24);

        Assert.Equal(0, exact.DeltaNll, 1e-6);
        Assert.InRange(exact.Kl, 0, 1e-9);
        var options = new PerplexityOptions { Context = 24, MaxWindows = FoldCost.MostWindows };
        Assert.Equal(PerplexityEvaluator.Run(model.Model, model.Tokenizer, s_text, "text", options).Perplexity, longer.Perplexity, 1e-9);
        Assert.Equal(PerplexityEvaluator.Run(folded, model.Tokenizer, s_text, "text", options).Perplexity, longer.FoldedPerplexity, 1e-9);
        Assert.Equal(Math.Log(longer.FoldedPerplexity / longer.Perplexity), longer.DeltaNll, 1e-9);
        Assert.InRange(longer.DeltaNll, longer.DeltaNllCi95!.Value.Low, longer.DeltaNllCi95.Value.High);
        Assert.True(longer.Kl > 1e-4);
        Assert.Equal((8, 24, "text"), (longer.Windows, longer.Context, longer.Source));
    }

    private static TransformerModel Fold(TransformerModel model, params int[] prefix) => model.With(fold: FoldBuilder.Compute(model, prefix, ByteTokenizer.BosTokenId));

    private static void AssertClose(IEnumerable<double> expected, PerplexityResult result)
    {
        double[] losses = [.. result.Losses.SelectMany(window => window)];
        Assert.Equal(expected.Count(), losses.Length);
        Assert.All(expected.Zip(losses), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
    }

    /// <summary>The unfolded model's losses from one token on, by a plain softmax of its logits.</summary>
    private static IEnumerable<double> LossesByHand(EvaluatedModel model, int[] window, int firstTarget)
    {
        var vocabulary = model.Model.Config.VocabularySize;
        var logits = model.Model.Logits(window);
        for (var target = firstTarget; target < window.Length; target++)
        {
            var row = logits.AsSpan((target - 1) * vocabulary, vocabulary).ToArray();
            var largest = (double)row.Max();
            yield return Math.Log(row.Sum(logit => Math.Exp(logit - largest))) + largest - row[window[target]];
        }
    }
}
