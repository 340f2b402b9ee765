using System.Text.Json;
using OutlierQuant.Checkpoints;
using Xunit;

namespace OutlierQuant.Cli.Tests;

/// <summary><c>train</c> and <c>history</c>: what they write, that every verb opens it, and what they refuse.</summary>
public sealed class TrainTests(TinyModelFixture fixture) : IClassFixture<TinyModelFixture>
{
    private static readonly string[] Small =
        ["--hidden", "16", "--blocks", "2", "--heads", "2", "--kv-heads", "1", "--mlp", "24", "--context", "32", "--batch", "4", "--steps", "6", "--measure-every", "3", "--checkpoint-every", "4", "--vocabulary", "300", "--dtype", "f32"];

    [Theory]
    [InlineData("LlamaForCausalLM")]
    [InlineData("Qwen3ForCausalLM", "--qk-norm")]
    [InlineData("OutlierQuantLlamaForCausalLM", "--attention", "bias")]
    [InlineData("OutlierQuantLlamaForCausalLM", "--attention", "sink-token")]
    [InlineData("OutlierQuantLlamaForCausalLM", "--attention", "gated", "--norm", "sandwich", "--qk-norm")]
    [InlineData("OutlierQuantLlamaForCausalLM", "--norm", "post")]
    [InlineData("GPT2LMHeadModel", "--architecture", "gpt2", "--kv-heads", "2")]
    [InlineData("OutlierQuantGPT2LMHeadModel", "--architecture", "gpt2", "--kv-heads", "2", "--attention", "sink-token")]
    public async Task Train_EveryVariant_ValidationLossIsThatOfPerplexityAndEveryVerbOpensIt(string architecture, params string[] variant)
    {
        string model = fixture.Fresh("model");
        JsonElement trained = await Json(["train", "--text", fixture.Text, "--validation", fixture.Text, "--validation-windows", "5", "--out", model, .. Changed(variant)]);

        Assert.Equal((architecture, 6, 6, 6 * 4 * 32), (trained.GetProperty("architecture").GetString(), trained.GetProperty("step").GetInt32(), trained.GetProperty("steps").GetInt32(), trained.GetProperty("tokens").GetInt32()));
        double loss = trained.GetProperty("last").GetProperty("validationLoss").GetDouble();
        JsonElement scored = await Json("perplexity", model, "--text", fixture.Text, "--windows", "5");
        Assert.InRange(scored.GetProperty("meanNll").GetDouble() - loss, -2e-6, 2e-6);
        Assert.Equal(trained.GetProperty("parameters").GetInt64() + (variant.Contains("sink-token") ? ConstantsInPlaceOfTheToken(architecture) : 0), (await Json("inspect", model)).GetProperty("parameters").GetInt64());
        string quantized = fixture.Fresh("quantized");
        await Json("quantize", model, "--scheme", "w8a8-tensor-static", "--text", fixture.Text, "--windows", "3", "--out", quantized);
        Assert.InRange((await Json("perplexity", quantized, "--text", fixture.Text, "--windows", "5")).GetProperty("meanNll").GetDouble() - loss, -0.1, 0.1);
        await Json("locate", model, "--text", fixture.Text, "--windows", "3");
        await Json("generate", model, "--prompt", "Line", "--max-tokens", "4");
        await Json("logits", model, "--prompt", "Line");
    }

    [Fact]
    public async Task Train_ResumedToTheEnd_SaysSoAndChangesNothing()
    {
        string model = fixture.Fresh("model");
        await Json(["train", "--text", fixture.Text, "--out", model, .. Small, "--attention", "bias"]);
        byte[] weights = await File.ReadAllBytesAsync(Path.Combine(model, "model.safetensors"));

        JsonElement resumed = await Json("train", "--text", fixture.Text, "--out", model, "--resume");

        Assert.Equal(6, resumed.GetProperty("step").GetInt32());
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(model, "model.safetensors")));
    }

    [Fact]
    public async Task Train_Table_HasALineForEachMeasurement()
    {
        CommandOutcome outcome = await CommandRunner.Run(["train", "--text", fixture.Text, "--out", fixture.Fresh("model"), .. Small, "--no-bos"]);

        Assert.Equal(0, outcome.ExitCode);
        string[] lines = outcome.Error.Split('\n');
        int header = Array.FindIndex(lines, line => line.Contains("validation", StringComparison.Ordinal) && line.Contains("tokens/s", StringComparison.Ordinal));
        Assert.Equal(["0", "3", "6"], lines[(header + 1)..(header + 4)].Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));
        Assert.Contains("windows have no BOS: give --no-bos to other commands", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("perplexity", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task History_TwoRuns_GivesATableAndFigures()
    {
        (string first, string second, string figures) = (fixture.Fresh("a"), fixture.Fresh("b"), Directory.CreateDirectory(fixture.Fresh("figures")).FullName);
        await Json(["train", "--text", fixture.Text, "--out", first, .. Small]);
        await Json(["train", "--text", fixture.Text, "--out", second, .. Small, "--attention", "bias"]);

        JsonElement document = await Json("history", first, Path.Combine(second, "history.json"), "--figures", figures);

        Assert.Equal([Path.GetFileName(first), "history"], document.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("name").GetString()));
        Assert.Equal(5, document.GetProperty("figures").GetArrayLength());
        Assert.Equal(5, Directory.GetFiles(figures, "*.svg").Length);
        Assert.Contains(Path.GetFileName(first), (await CommandRunner.Run("history", first, second)).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "--attention is 'linear'", "--attention", "linear")]
    [InlineData(2, "--norm is 'none'", "--norm", "none")]
    [InlineData(2, "--dtype is 'fp8'", "--dtype", "fp8")]
    [InlineData(2, "--lr is '-1'", "--lr", "-1")]
    [InlineData(2, "--steps is '0'", "--steps", "0")]
    [InlineData(2, "either --steps or --tokens", "--tokens", "100")]
    [InlineData(2, "either --tokenizer or --vocabulary", "--tokenizer", "x")]
    [InlineData(1, "The context is 4096; it must be from 2 to 1024", "--context", "4096")]
    [InlineData(1, "The hidden size is 15 and there are 2 heads", "--hidden", "15")]
    [InlineData(1, "GPT-2 needs as many", "--architecture", "gpt2")]
    [InlineData(1, "A vocabulary of 257 tokens was asked for; 258 to 262144 are possible", "--vocabulary", "257")]
    [InlineData(1, "The text gives a vocabulary of", "--vocabulary", "30000")]
    [InlineData(1, "one window to train on needs 1024", "--context", "1024")]
    [InlineData(1, "The learning rate is 0; it must be above 0", "--lr", "0")]
    public async Task Train_WrongOption_SaysWhatIsRight(int exitCode, string message, params string[] options) =>
        await MustFail(exitCode, ["train", "--text", fixture.Text, "--out", fixture.Fresh("model"), .. Changed(options)], message);

    [Fact]
    public async Task Train_UnreadableTokenizer_NamesIt() => await MustFail(
        1, ["train", "--text", fixture.Text, "--out", fixture.Fresh("model"), "--tokenizer", fixture.Fresh("absent")], "absent", "tokenizer.json");

    [Fact]
    public async Task Train_DirectoryThatIsNotEmpty_IsRefusedBeforeTheWork() =>
        await MustFail(1, ["train", "--text", fixture.Text, "--out", fixture.Model], fixture.Model, "not empty", "--resume");

    [Fact]
    public async Task Train_ResumeOfNothing_SaysWhatIsNeeded() =>
        await MustFail(1, ["train", "--text", fixture.Text, "--out", fixture.Model, "--resume"], "history.json", "there is no such file");

    [Fact]
    public async Task Train_ResumeWithOtherOptions_NamesTheOption()
    {
        string model = fixture.Fresh("model");
        await Json(["train", "--text", fixture.Text, "--out", model, .. Small]);

        await MustFail(2, ["train", "--text", fixture.Text, "--out", model, "--resume", "--lr", "0.5"], "--lr is 0.5, but the run began with 0.001");
        await MustFail(2, ["train", "--text", fixture.Text, "--out", model, "--resume", "--tokens", "4096"], "--tokens is 4096, but the run began with 768");
        Assert.Equal(0, (await CommandRunner.Run("train", "--text", fixture.Text, "--out", model, "--resume", "--steps", "6", "--hidden", "16")).ExitCode);
    }

    [Fact]
    public async Task Train_LossThatIsNotFinite_NamesTheStepAndKeepsTheCheckpoint()
    {
        string model = fixture.Fresh("model");

        CommandOutcome outcome = await CommandRunner.Run(["train", "--text", fixture.Text, "--out", model, .. Small, "--lr", "1e30", "--warmup", "0", "--clip", "1e30"]);

        outcome.MustFail(1, "Step 2", "The checkpoint of step 0 is kept", "--lr");
        using TensorStore store = TensorStore.Open(model);
        Assert.NotEmpty(store.Tensors);
    }

    [Theory]
    [InlineData("history", "absent", "there is no such file")]
    [InlineData("history")]
    public async Task History_NoRun_SaysWhatIsNeeded(string verb, params string[] rest) =>
        await MustFail(rest.Length == 0 ? 2 : 1, [verb, .. rest.Take(1)], [.. rest.Skip(1)]);

    /// <summary>k′ and v′ of the checkpoint stand for the token, which they are computed from.</summary>
    private static int ConstantsInPlaceOfTheToken(string architecture) => (2 * 2 * (architecture.Contains("GPT2", StringComparison.Ordinal) ? 16 : 8)) - 16;

    /// <summary>The small options with others in the places of some.</summary>
    private static string[] Changed(string[] options)
    {
        List<string> changed = [.. Small];
        foreach (string name in options.Where(option => option.StartsWith("--", StringComparison.Ordinal) && changed.Contains(option)))
        {
            changed.RemoveRange(changed.IndexOf(name), 2);
        }

        return [.. changed, .. options];
    }

    private async Task MustFail(int exitCode, string[] arguments, params string[] words)
    {
        string[] before = fixture.Everything();

        CommandOutcome outcome = await CommandRunner.Run(arguments);

        outcome.MustFail(exitCode, words);
        Assert.Equal(before, fixture.Everything());
    }

    private static async Task<JsonElement> Json(params string[] arguments)
    {
        CommandOutcome outcome = await CommandRunner.Run([.. arguments, "--json"]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return JsonDocument.Parse(outcome.Output).RootElement;
    }
}
