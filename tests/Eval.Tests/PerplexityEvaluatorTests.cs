using System.Text.Json;
using OutlierQuant.Models;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests;

public class PerplexityEvaluatorTests
{
    /// <summary>The head may sum in another order for another number of tokens; its products are binary32.</summary>
    private const double Float32Tolerance = 1e-5;

    private static readonly string s_text = SampleText.Of(400);

    [Fact]
    public void Run_EveryProtocol_EqualsSoftmaxOfAllLogitsByHand()
    {
        using var model = EvaluatedModel.Random();
        var ids = model.Tokenizer.Encode(s_text);

        var windows = PerplexityEvaluator.Run(model.Model, model.Tokenizer, s_text, "text", new() { Context = 16, MaxWindows = 3 });
        var expected = new[] { 0, 12, 25 }.SelectMany(number => LossesByHand(model, [0, .. ids.AsSpan(number * 15, 15)], 1)).ToArray();
        Assert.Equal(26, windows.WindowsInText);
        AssertClose(expected, windows);

        var strided = PerplexityEvaluator.Run(model.Model, model.Tokenizer, s_text[..20], "text", new() { Protocol = PerplexityProtocol.Strided, Context = 16, Stride = 12 });
        int[] stream = [0, .. ids.AsSpan(0, 20)];
        AssertClose([.. LossesByHand(model, stream[..16], 1), .. LossesByHand(model, stream[12..], 4)], strided);

        var llamaCpp = PerplexityEvaluator.Run(
            model.Model, model.Tokenizer, s_text[..40], "text", new() { Protocol = PerplexityProtocol.LlamaCpp, Context = 16 });
        stream = [0, .. ids.AsSpan(0, 40)];
        AssertClose([.. LossesByHand(model, stream[..16], 9), .. LossesByHand(model, [0, .. stream[17..32]], 9)], llamaCpp);
    }

    [Fact]
    public void Run_OneAndThreeThreads_GiveTheSameBits()
    {
        var options = new PerplexityOptions { Context = 32, MaxWindows = 4 };
        using var one = EvaluatedModel.Random(threads: 1);
        using var three = EvaluatedModel.Random(threads: 3);

        var first = PerplexityEvaluator.Run(one.Model, one.Tokenizer, s_text, "text", options);
        var second = PerplexityEvaluator.Run(three.Model, three.Tokenizer, s_text, "text", options);

        Assert.Equal(first.Losses.SelectMany(losses => losses), second.Losses.SelectMany(losses => losses));
    }

    [Fact]
    public void Run_WithoutBos_ScoresOneTokenLessOfTheText()
    {
        using var model = EvaluatedModel.Random();

        var result = PerplexityEvaluator.Run(model.Model, model.Tokenizer, s_text, "text", new() { Context = 20, Bos = false });

        Assert.Equal((20, 20 * 19, 20 * 19), (result.WindowsScored, result.TokensScored, result.BytesScored));
        Assert.False(result.Bos);
    }

    [Fact]
    public void Run_BytesOfMultibyteText_CountUtf8()
    {
        using var model = EvaluatedModel.Random();

        // Each é is two bytes, and with the byte tokenizer two tokens: a window may end between them.
        var result = PerplexityEvaluator.Run(model.Model, model.Tokenizer, new string('é', 15), "text", new() { Context = 16 });

        Assert.Equal((30, 30), (result.TokensScored, result.BytesScored));
        Assert.Equal(result.MeanNll / Math.Log(2), result.BitsPerByte, 1e-12);
    }

    [Fact]
    public void Result_AsJson_HasTheKeysInCamelCaseAndIsByteStable()
    {
        using var model = EvaluatedModel.Random();
        var result = PerplexityEvaluator.Run(model.Model, model.Tokenizer, s_text, "text.txt", new() { Context = 16, MaxWindows = 2 }) with { TokensPerSecond = 1, PeakMemoryBytes = 2 };

        var json = JsonSerializer.Serialize(result, EvalJson.Default.PerplexityResult);

        using var document = JsonDocument.Parse(json);
        string[] keys = ["protocol", "context", "bos", "tokensScored", "meanNll", "standardError", "perplexity", "bitsPerByte", "tokensPerSecond", "peakMemoryBytes", "kernels"];
        Assert.All(keys, key => Assert.True(document.RootElement.TryGetProperty(key, out _), key));
        Assert.Equal("windows", document.RootElement.GetProperty("protocol").GetString());
        Assert.False(document.RootElement.TryGetProperty("losses", out _));
        Assert.Equal(json, JsonSerializer.Serialize(result, EvalJson.Default.PerplexityResult));
        Assert.DoesNotContain('\r', json);
    }

    [Fact]
    public void Run_Progress_EndsWithAllTokensAndSamplesMemory()
    {
        using var model = EvaluatedModel.Random();
        var last = default(ForwardProgress);

        var result = PerplexityEvaluator.Run(model.Model, model.Tokenizer, s_text, "text", new() { Context = 16, MaxWindows = 3, Progress = done => last = done });

        Assert.Equal(last.TokensTotal, last.TokensDone);
        Assert.InRange(result.PeakMemoryBytes, 1 << 20, 1L << 34);
        Assert.True(result.TokensPerSecond > 0);
        Assert.NotEmpty(result.Kernels);
    }

    [Fact]
    public void Run_Cancelled_Throws()
    {
        using var model = EvaluatedModel.Random();
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        Assert.Throws<OperationCanceledException>(() =>
            PerplexityEvaluator.Run(model.Model, model.Tokenizer, s_text, "text", new() { Context = 16, Cancellation = cancellation.Token }));
    }

    [Theory]
    [InlineData(0, 1, "the output of block 1 is the first that is not finite, at position ")]
    [InlineData(1, null, "every block's output is finite, so the final norm or the output head made it")]
    public void Run_LogitsNotFinite_NamesWindowPositionAndBlock(int poisonedBlock, int? expectedBlock, string expected)
    {
        // The transform acts after a block's output was observed, so what block 0 passes on shows at block 1.
        using var model = EvaluatedModel.Random();
        var poisoned = model.Model.With(transforms: [new Poison(poisonedBlock, 5)]);

        var error = Assert.Throws<NonFiniteLogitsException>(() => PerplexityEvaluator.Run(poisoned, model.Tokenizer, s_text, "text", new() { Context = 16, MaxWindows = 2 }));

        Assert.StartsWith($"window 0, position {error.Position}: a logit is NaN or infinite; {expected}", error.Message, StringComparison.Ordinal);
        Assert.Equal((0, expectedBlock), (error.Window, error.Block));
        Assert.InRange(error.Position, 0, 5);
    }

    [Theory]
    [InlineData("", 16, PerplexityProtocol.Windows, null, null, "prose.txt: the text is empty")]
    [InlineData("abc", 16, PerplexityProtocol.Windows, null, null, "prose.txt: the text has 3 tokens, but the protocol 'windows' with a context of 16 needs at least 15")]
    [InlineData("abcdefgh", 1, PerplexityProtocol.Windows, null, null, "The context is 1 tokens; this model and protocol allow 2 to 64")]
    [InlineData("abcdefgh", 65, PerplexityProtocol.Windows, null, null, "The context is 65 tokens")]
    [InlineData("abcdefgh", 3, PerplexityProtocol.LlamaCpp, null, null, "this model and protocol allow 4 to 64")]
    [InlineData("abcdefgh", 4, PerplexityProtocol.Windows, 2, null, "A stride of 2 was given, but only the protocol 'strided' has one")]
    [InlineData("abcdefgh", 4, PerplexityProtocol.Strided, 5, null, "The stride is 5 tokens; with a context of 4 it must be 1 to 4")]
    [InlineData("abcdefgh", 4, PerplexityProtocol.Strided, 0, null, "The stride is 0 tokens")]
    [InlineData("abcdefgh", 4, PerplexityProtocol.Windows, null, 0, "The number of windows is 0; it must be at least 1")]
    public void Run_BadInput_SaysWhatAndWhatWouldBeRight(
        string text, int context, PerplexityProtocol protocol, int? stride, int? maxWindows, string expected)
    {
        using var model = EvaluatedModel.Random(new RandomCheckpoint { MaxPositions = 64 });
        var options = new PerplexityOptions { Context = context, Protocol = protocol, Stride = stride, MaxWindows = maxWindows };

        var error = Assert.ThrowsAny<ArgumentException>(() => PerplexityEvaluator.Run(model.Model, model.Tokenizer, text, "prose.txt", options));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Run_BosAskedOfATokenizerWithoutOne_SaysSo()
    {
        using var model = EvaluatedModel.Random(bos: false);

        var error = Assert.Throws<ArgumentException>(() => PerplexityEvaluator.Run(model.Model, model.Tokenizer, s_text, "text", new() { Context = 16, Bos = true }));

        Assert.Equal("BOS was asked for, but the tokenizer names no BOS token; score without BOS.", error.Message);
        Assert.False(PerplexityEvaluator.Run(model.Model, model.Tokenizer, s_text, "text", new() { Context = 16, MaxWindows = 1 }).Bos);
    }

    [Fact]
    public void Parse_UnknownProtocol_ListsThem()
    {
        Assert.Equal("There is no protocol 'gptq'. The protocols are windows, strided, llama.cpp.", Assert.Throws<ArgumentException>(() => ProtocolName.Parse("gptq")).Message);
        Assert.Equal(PerplexityProtocol.LlamaCpp, ProtocolName.Parse("llama.cpp"));
    }

    [SharedTheory]
    [Trait("Category", "Slow")]
    [InlineData("tiny-llama", "valid.txt", 532, 3.78338, 43.964, 1.5479)]
    [InlineData("tiny-llama", "test.txt", 645, 3.99275, 54.204, 1.6013)]
    [InlineData("tiny-gpt2", "valid.txt", 532, 4.17136, 64.803, 1.7067)]
    [InlineData("tiny-gpt2", "test.txt", 645, 4.3888, 80.543, 1.7601)]
    public void Run_SharedModelOnWholeText_EqualsReadme(string name, string text, int windows, double meanNll, double perplexity, double bitsPerByte)
    {
        using var model = EvaluatedModel.Shared(name);

        var result = PerplexityEvaluator.Run(
            model.Model, model.Tokenizer, File.ReadAllText(SharedData.Require($"text/{text}")), text, new() { Context = 256 });

        Assert.Equal((windows, windows * 255), (result.WindowsScored, result.TokensScored));
        Assert.Equal(meanNll, result.MeanNll, 1e-3);
        Assert.InRange(result.Perplexity, perplexity * 0.999, perplexity * 1.001);
        Assert.Equal(bitsPerByte, result.BitsPerByte, 2e-3);
    }

    private static IEnumerable<double> LossesByHand(EvaluatedModel model, int[] tokenIds, int firstTarget)
    {
        var logits = model.Model.Logits(tokenIds);
        var vocabulary = model.Model.Config.VocabularySize;
        for (var target = firstTarget; target < tokenIds.Length; target++)
        {
            var row = logits.AsSpan((target - 1) * vocabulary, vocabulary).ToArray();
            yield return Math.Log(row.Sum(logit => Math.Exp(logit))) - row[tokenIds[target]];
        }
    }

    private static void AssertClose(double[] expected, PerplexityResult result)
    {
        Assert.Equal(expected.Length, result.TokensScored);
        Assert.Equal(expected.Average(), result.MeanNll, Float32Tolerance);
        Assert.Equal(Math.Exp(result.MeanNll), result.Perplexity, 1e-9);
        Assert.All(expected.Zip(result.Losses.SelectMany(losses => losses)), pair => Assert.Equal(pair.First, pair.Second, Float32Tolerance));
    }

    private sealed class Poison(int block, int position) : IBlockOutputTransform
    {
        public void Apply(int index, SequenceChunk chunk, Span<float> hidden, int hiddenSize)
        {
            if (index == block)
            {
                hidden[position * hiddenSize] = float.NaN;
            }
        }
    }
}
