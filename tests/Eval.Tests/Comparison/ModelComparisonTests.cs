using System.Text.Json;
using OutlierQuant.Eval.Comparison;
using OutlierQuant.Quantizers;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Comparison;

public class ModelComparisonTests
{
    // The loss takes its exponentials in binary32; another scale would move it by a thousandth and more.
    private const double LossTolerance = 1e-7;

    private static readonly string s_text = SampleText.Of(600);

    [Fact]
    public void Run_OneArm_EqualsTheQuantizedModelScoredAlone()
    {
        using var model = EvaluatedModel.Random();
        var text = new PerplexityOptions { Context = 32, MaxWindows = 4 };
        var result = ModelComparison.Run(model.Model, model.Tokenizer, null, s_text, "text", new() { Arms = ArmSpecification.ParseList("w4a16"), Text = text });

        var plan = QuantizationPlanner.Plan(model.Model, null, new() { Scheme = Scheme.Parse("w4a16") });
        var alone = PerplexityEvaluator.Run(Quantizer.Apply(model.Model, plan), model.Tokenizer, s_text, "text", text);
        var full = PerplexityEvaluator.Run(model.Model, model.Tokenizer, s_text, "text", text);

        var arm = Assert.Single(result.Arms);
        Assert.Equal(alone.MeanNll, arm.MeanNll, 1e-12);
        Assert.Equal(full.MeanNll, result.Baseline.MeanNll, 1e-12);
        Assert.Equal(alone.MeanNll - full.MeanNll, arm.DeltaNll, 1e-12);
        Assert.InRange(arm.DeltaNll, arm.DeltaNllCi95!.Value.Low, arm.DeltaNllCi95.Value.High);
        Assert.True(arm.Kl > 0);
        Assert.InRange(arm.Top1Agreement, 0.3, 1);
        Assert.InRange(arm.BitsPerWeight, 4, 10);
        Assert.True(arm.SizeBytes < result.BaselineSizeBytes);
        Assert.False(arm.FakeQuantized);
        Assert.Null(result.Calibration);
    }

    [Fact]
    public void Run_OneAndThreeThreads_GiveTheSameBits()
    {
        var arms = ArmSpecification.ParseList("w8a8-tensor-static:channels,residual-int8");
        ArmResult[] Compare(int threads)
        {
            using var model = EvaluatedModel.Random(threads: threads);
            var profile = model.Calibrate(s_text, "text", 32, 4);
            var result = ModelComparison.Run(model.Model, model.Tokenizer, profile, s_text, "text", new() { Arms = arms, Text = new() { Context = 32, MaxWindows = 3 } });
            return [.. result.Arms];
        }

        var (one, three) = (Compare(1), Compare(3));

        Assert.Equal(one.Select(arm => (arm.MeanNll, arm.Kl, arm.Top1Agreement)), three.Select(arm => (arm.MeanNll, arm.Kl, arm.Top1Agreement)));
    }

    [Fact]
    public void Run_HeadWithOneScaleForAWindow_DoesNotDependOnChunks()
    {
        // llama.cpp scores half of a window: the head's scale must still cover the whole of it.
        using var model = EvaluatedModel.Random();
        var options = new PerplexityOptions { Protocol = PerplexityProtocol.LlamaCpp, Context = 32, MaxWindows = 2 };
        var plan = QuantizationPlanner.Plan(model.Model, null, new() { Scheme = Scheme.Parse("w8a8-tensor"), IncludeHead = true });
        var quantized = Quantizer.Apply(model.Model, plan);

        var result = PerplexityEvaluator.Run(quantized, model.Tokenizer, s_text[..70], "text", options);

        int[] window = [0, .. model.Tokenizer.Encode(s_text[..31])];
        var logits = quantized.Logits(window);
        var vocabulary = quantized.Config.VocabularySize;
        var expected = Enumerable.Range(17, 15).Select(target =>
        {
            var row = logits[((target - 1) * vocabulary)..(target * vocabulary)];
            return Math.Log(row.Sum(logit => Math.Exp(logit))) - row[window[target]];
        });
        Assert.All(expected.Zip(result.Losses[0]), pair => Assert.Equal(pair.First, pair.Second, LossTolerance));
    }

    [Fact]
    public void Run_Callbacks_TellEveryArmInOrder()
    {
        using var model = EvaluatedModel.Random();
        var profile = model.Calibrate(s_text, "text", 32, 2);
        var done = new List<string>();
        var started = new List<string>();

        ModelComparison.Run(model.Model, model.Tokenizer, profile, s_text, "text", new()
        {
            Arms = ArmSpecification.ParseList("w8a16,residual-int4@first:channels:1"),
            Text = new() { Context = 32, MaxWindows = 2 },
            ArmDone = arm => done.Add(arm.Name),
            Progress = progress => started.Add($"{progress.Arm}/{progress.ArmCount} {progress.Name}"),
        });

        var block = profile.Onset.Block;
        Assert.Equal(["w8a16:none", $"residual-int4@{block}:channels:1"], done);
        Assert.Equal(["0/3 full precision", "1/3 w8a16:none", $"2/3 residual-int4@{block}:channels:1"], started.Distinct());
    }

    [Fact]
    public void Result_AsJson_HasTheBindingKeys()
    {
        using var model = EvaluatedModel.Random();
        var profile = model.Calibrate(s_text, "text", 32, 2);
        var result = ModelComparison.Run(model.Model, model.Tokenizer, profile, s_text, "text", new()
        {
            Arms = ArmSpecification.ParseList("w8a8-tensor-static,w8a8-tensor-static:clip:1"),
            Text = new() { Context = 32, MaxWindows = 2 },
        });

        using var document = JsonDocument.Parse(JsonSerializer.Serialize(result, EvalJson.Default.ComparisonResult));

        Assert.Equal(JsonValueKind.Number, document.RootElement.GetProperty("baseline").GetProperty("perplexity").ValueKind);
        var arm = document.RootElement.GetProperty("arms")[1];
        string[] keys = ["scheme", "preserve", "perplexity", "meanNll", "deltaNll", "deltaNllCi95", "kl", "top1Agreement", "bitsPerWeight", "sizeBytes", "kernels"];
        Assert.All(keys, key => Assert.True(arm.TryGetProperty(key, out _), key));
        Assert.Equal(("w8a8-tensor-static", "clip", 1), (arm.GetProperty("scheme").GetString(), arm.GetProperty("preserve").GetString(), arm.GetProperty("channels").GetInt32()));
        Assert.False(arm.TryGetProperty("ratio", out _));
    }

    [Theory]
    [InlineData("w8a8-tensor-static", "arm 'w8a8-tensor-static:none': ")]
    [InlineData("residual-int4@first", "give a calibration text or a block number")]
    [InlineData("w8a16,residual-int8", "arm 'residual-int8:none': ")]
    public void Run_ProfileMissing_NamesTheArmBeforeAnythingRuns(string arms, string expected)
    {
        using var model = EvaluatedModel.Random();

        var error = Assert.Throws<ArgumentException>(() => ModelComparison.Run(model.Model, model.Tokenizer, null, s_text, "text", new()
        {
            Arms = ArmSpecification.ParseList(arms),
            Progress = _ => Assert.Fail("Nothing should have run."),
        }));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_BlockThatDoesNotExist_NamesTheArm()
    {
        using var model = EvaluatedModel.Random();
        var profile = model.Calibrate(s_text, "text", 32, 2);

        var error = Assert.Throws<ArgumentException>(() => ModelComparison.Run(
            model.Model, model.Tokenizer, profile, s_text, "text", new() { Arms = ArmSpecification.ParseList("residual-int8@7") }));

        Assert.StartsWith("arm 'residual-int8@7:none': ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NoArms_Throws()
    {
        using var model = EvaluatedModel.Random();

        Assert.Contains("no arm", Assert.Throws<ArgumentException>(() => ModelComparison.Run(model.Model, model.Tokenizer, null, s_text, "text", new() { Arms = [] })).Message, StringComparison.Ordinal);
    }

    // The models' READMEs: on tiny-llama W8A4 static ×10.3 → ×2.05 with four channels, int4 in the residual stream of block 3 ×20.3 → ×1.21.
    [SharedFact]
    [Trait("Category", "Trained")]
    public void Run_TinyLlama_PreservingBringsBackWhatNaiveDestroys()
    {
        using var model = EvaluatedModel.Shared("tiny-llama");
        var profile = model.Calibrate(File.ReadAllText(SharedData.Require("text/calib.txt")), "calib.txt", 256, 8);

        var result = ModelComparison.Run(model.Model, model.Tokenizer, profile, File.ReadAllText(SharedData.Require("text/valid.txt")), "valid.txt", new()
        {
            Arms = ArmSpecification.ParseList("w8a8-token,w8a4-tensor-static,w8a4-tensor-static:channels:4,residual-int4@3,residual-int4@3:channels"),
            Text = new() { Context = 256, MaxWindows = 8 },
        });

        double[] ratios = [.. result.Arms.Select(arm => arm.Ratio)];
        Assert.InRange(ratios[0], 0.99, 1.01);
        Assert.InRange(ratios[1], 5, 30);
        Assert.InRange(ratios[2], 1.1, 2.5);
        Assert.InRange(ratios[3], 10, 60);
        Assert.InRange(ratios[4], 1, 1.4);
        Assert.Contains(result.Verdict, sentence => sentence.Contains("residual-int4@3: preserving", StringComparison.Ordinal) && sentence.Contains("brings it back", StringComparison.Ordinal));
    }

    [SharedFact]
    [Trait("Category", "Trained")]
    public void Run_TinyGpt2_SaysThatNothingIsMassive()
    {
        using var model = EvaluatedModel.Shared("tiny-gpt2");
        var profile = model.Calibrate(File.ReadAllText(SharedData.Require("text/calib.txt")), "calib.txt", 256, 4);

        var result = ModelComparison.Run(model.Model, model.Tokenizer, profile, File.ReadAllText(SharedData.Require("text/valid.txt")), "valid.txt", new()
        {
            Arms = ArmSpecification.ParseList("w8a8-tensor-static,w8a8-tensor-static:channels"),
            Text = new() { Context = 256, MaxWindows = 4 },
        });

        Assert.All(result.Arms, arm => Assert.InRange(arm.Ratio, 0.99, 1.02));
        Assert.Contains(result.Verdict, sentence => sentence.Contains("No arm is destroyed", StringComparison.Ordinal));
        Assert.Contains(profile.Verdict, result.Verdict);
    }
}
