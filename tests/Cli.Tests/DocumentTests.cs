using System.Text.Json;
using OutlierQuant.Checkpoints;
using Xunit;

namespace OutlierQuant.Cli.Tests;

/// <summary>Every verb on a small random model: exit code 0, and the json keys that other programs rely on.</summary>
public sealed class DocumentTests(TinyModelFixture fixture) : IClassFixture<TinyModelFixture>
{
    [Fact]
    public async Task Inspect_CountsParametersAndTensors()
    {
        JsonElement document = await Json("inspect", fixture.Model);

        using var store = TensorStore.Open(fixture.Model);
        Assert.Equal(store.Tensors.Sum(tensor => tensor.ElementCount), document.GetProperty("parameters").GetInt64());
        Assert.Equal(store.Tensors.Count, document.GetProperty("tensors").GetArrayLength());
    }

    [Fact]
    public async Task Logits_PrintsTheLikeliestAndWritesAll()
    {
        string path = fixture.Fresh("logits.safetensors");

        JsonElement document = await Json("logits", fixture.Model, "--ids", "1,2,3", "--out", path, "--top", "4");

        Assert.Equal([1, 2, 3], document.GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32()));
        JsonElement[] top = [.. document.GetProperty("top").EnumerateArray()];
        Assert.Equal(4, top.Length);
        using var store = TensorStore.Open(path);
        Tensor logits = store.Require("logits", 3, store.Tensors[0].Shape[1]);
        ReadOnlySpan<float> last = logits.Elements<float>(2 * logits.Shape[1], (int)logits.Shape[1]);
        Assert.Equal(last.ToArray().Max(), top[0].GetProperty("logit").GetSingle());
        Assert.Equal(last[top[3].GetProperty("id").GetInt32()], top[3].GetProperty("logit").GetSingle());
    }

    [Fact]
    public async Task Perplexity_HasItsKeys()
    {
        JsonElement document = await Json("perplexity", fixture.Model, "--text", fixture.Text);

        Require(document, "protocol", "context", "bos", "tokensScored", "meanNll", "standardError", "perplexity", "bitsPerByte", "tokensPerSecond", "peakMemoryBytes", "kernels");
        Assert.Equal(Math.Exp(document.GetProperty("meanNll").GetDouble()), document.GetProperty("perplexity").GetDouble(), 9);
    }

    [Fact]
    public async Task Perplexity_DoesNotDependOnThreads()
    {
        JsonElement one = await Json("perplexity", fixture.Model, "--text", fixture.Text, "--threads", "1");
        JsonElement three = await Json("perplexity", fixture.Model, "--text", fixture.Text, "--threads", "3");

        Assert.Equal(one.GetProperty("meanNll").GetDouble(), three.GetProperty("meanNll").GetDouble());
    }

    [Fact]
    public async Task Locate_HasItsKeysAndWritesTheSame()
    {
        string path = fixture.Fresh("profile.json");

        JsonElement document = await Json("locate", fixture.Model, "--text", fixture.Text, "--out", path);

        Require(document.GetProperty("detector"), "name", "minMagnitude", "minRatio", "bos");
        JsonElement block = document.GetProperty("blocks")[0];
        Require(block, "block", "median", "top");
        Require(block.GetProperty("top")[0], "position", "token", "channel", "value", "ratio");
        Assert.Equal(JsonValueKind.Array, document.GetProperty("massive").ValueKind);
        Assert.Equal(document.GetProperty("verdict").GetString(), JsonDocument.Parse(await File.ReadAllTextAsync(path)).RootElement.GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task Intervene_HasItsKeys()
    {
        JsonElement document = await Json("intervene", fixture.Model, "--text", fixture.Text);

        Require(document, "block", "coordinates", "arms");
        Assert.Equal(5, document.GetProperty("arms").GetArrayLength());
        Require(document.GetProperty("arms")[0], "intervention", "perplexity", "deltaNll", "deltaNllCi95");
        Require(document.GetProperty("loadBearing"), "verdict", "strict", "companions", "rewriteRatio", "restored", "sentences");
        Assert.Equal(4, document.GetProperty("loadBearing").GetProperty("arms").GetArrayLength());
    }

    [Fact]
    public async Task Trace_OfATextOrAPrompt_HasItsKeys()
    {
        JsonElement document = await Json("trace", fixture.Model, "--text", fixture.Text, "--windows", "3", "--min-ratio", "5");
        JsonElement prompt = await Json("trace", fixture.Model, "--prompt", "Line 1 says", "--min-ratio", "5");
        JsonElement none = await Json("trace", fixture.Model, "--min-ratio", "1e6");

        Require(document, "version", "model", "text", "origin", "spike", "shape", "path", "superWeights", "downs", "tokens", "attention", "errors", "baseline", "controls", "seed", "verdict");
        Require(document.GetProperty("path")[0], "block", "before", "attention", "mlp", "after", "neuron", "neuronInput", "weight", "contributionShare");
        Require(document.GetProperty("downs")[0], "input", "inputChannel", "output", "outputChannel", "residualRatio");
        Assert.Equal("embedding", document.GetProperty("origin").GetString());
        Assert.Equal(3, document.GetProperty("spike").GetProperty("channel").GetInt32());
        Assert.Equal("prompt", prompt.GetProperty("text").GetProperty("source").GetString());
        Assert.Equal("none", none.GetProperty("origin").GetString());
    }

    [Fact]
    public async Task Forecast_FromAProfileOrAText_HasItsKeys()
    {
        string profile = fixture.Fresh("profile.json");
        await Json("locate", fixture.Model, "--text", fixture.Text, "--out", profile);

        JsonElement forecast = await Json("forecast", fixture.Model, "--profile", profile, "--scheme", "w8a8-tensor-static,residual-int4");
        JsonElement measured = await Json("forecast", fixture.Model, "--text", fixture.Text, "--scheme", "w8a8-tensor-static,residual-int4", "--windows", "2", "--damage");

        Require(forecast, "version", "model", "calibration", "measuredOn", "schemes", "verdict");
        JsonElement linear = forecast.GetProperty("schemes")[0].GetProperty("linears")[0];
        Require(linear, "name", "sqnr", "sqnrElsewhere", "measuredSqnr", "suggestedChannels");
        Require(linear.GetProperty("input"), "max", "quantile999", "median", "bitsLost", "sqnr", "bodySqnr");
        Assert.Equal(JsonValueKind.Null, linear.GetProperty("measuredSqnr").ValueKind);
        JsonElement scheme = measured.GetProperty("schemes")[0];
        Assert.Equal(JsonValueKind.Number, scheme.GetProperty("linears")[0].GetProperty("measuredSqnr").ValueKind);
        Assert.Equal(2, scheme.GetProperty("linears")[0].GetProperty("damage").GetProperty("deltaNllCi95").GetArrayLength());
        Assert.NotEqual(0, scheme.GetProperty("worstMisses").GetArrayLength());
        Assert.Equal(JsonValueKind.Number, measured.GetProperty("schemes")[1].GetProperty("blocks")[0].GetProperty("output").GetProperty("measuredBodySqnr").ValueKind);
    }

    [Fact]
    public async Task Certify_HasItsKeysAndWritesTheSame()
    {
        string path = fixture.Fresh("certificate.json");
        string other = fixture.Write("other.txt", File.ReadAllBytes(fixture.Text)[600..]);
        string[] arguments = ["certify", fixture.Model, "--text", fixture.Text, "--text", other, "--windows", "3", "--draws", "19", "--resamples", "40", "--out", path];

        CommandOutcome outcome = await CommandRunner.Run([.. arguments, "--json"]);
        CommandOutcome page = await CommandRunner.Run(arguments);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(outcome.Output.Trim(), await File.ReadAllTextAsync(path));
        JsonElement document = JsonDocument.Parse(outcome.Output).RootElement;
        Require(document, "version", "model", "texts", "detector", "seed", "level", "verdict", "notes", "targets");
        JsonElement[] targets = [.. document.GetProperty("targets").EnumerateArray()];
        Assert.Equal(["bos", "withoutBos"], targets.Select(target => target.GetProperty("kind").GetString()));
        Assert.All(targets, target => Require(target, "isEvidence", "block", "sources", "agreement", "values", "vectors", "updates", "interventions", "criteria", "level"));
        Assert.Equal(6, targets[0].GetProperty("agreement").GetArrayLength());
        Assert.Equal(5, targets[1].GetProperty("criteria").GetArrayLength());
        Assert.Contains(document.GetProperty("verdict").GetString()!, page.Output, StringComparison.Ordinal);
        Assert.Contains("With BOS, at BOS: constant by causality, no evidence", page.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attention_HasItsKeysAndDrawsTheHeadsAskedFor()
    {
        string[] arguments = ["attention", fixture.Model, "--text", fixture.Text, "--windows", "4", "--sink-length", "8", "--epsilon", "0.2", "--heads", "1.2,0.3"];

        JsonElement document = await Json(arguments);
        CommandOutcome tables = await CommandRunner.Run(arguments);

        Require(document, "version", "sinkMetrics", "sinks", "heads", "picture", "closedFormDifference", "verdict");
        Assert.Equal(6, document.GetProperty("sinkMetrics").GetArrayLength());
        Assert.Equal(2 * 4, document.GetProperty("heads").GetArrayLength());
        Require(document.GetProperty("heads")[0], "block", "head", "sinkShare", "shares", "parkedShare", "class", "gate");
        JsonElement[] maps = [.. document.GetProperty("picture").GetProperty("heads").EnumerateArray()];
        Assert.Equal([(1, 2), (0, 3)], maps.Select(map => (map.GetProperty("block").GetInt32(), map.GetProperty("head").GetInt32())));
        Assert.Equal(32, maps[0].GetProperty("withSink").GetArrayLength());
        Assert.Contains("Head 1.2, first 32 of 64 tokens", tables.Output, StringComparison.Ordinal);
        Assert.Contains("<|bos|> at position 0", tables.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attention_HeadThatIsNotThere_GivesTheRange() => (await CommandRunner.Run("attention", fixture.Model, "--text", fixture.Text, "--heads", "2.0"))
        .MustFail(1, "There is no head 2.0", "blocks 0 to 1 with heads 0 to 3");

    [Fact]
    public async Task Circuit_HasItsKeysAndSaysWhatTheModelLacks()
    {
        string[] arguments = ["circuit", fixture.Model, "--text", fixture.Text, "--windows", "2", "--channels", "2"];

        JsonElement document = await Json(arguments);
        CommandOutcome table = await CommandRunner.Run(arguments);

        Require(document, "version", "model", "source", "bos", "context", "windows", "windowsInText", "seed", "otherPosition", "channels", "randomChannels", "attention", "evenAttention", "arms", "missing", "verdict");
        Assert.Equal(["mlps", "key-columns", "random-key-columns"], document.GetProperty("arms").EnumerateArray().Select(arm => arm.GetProperty("part").GetString()));
        Require(document.GetProperty("arms")[0], "isControl", "attention", "left", "leftCi95");
        Assert.Equal(2, document.GetProperty("channels").GetArrayLength());
        Assert.Equal(6, document.GetProperty("missing").GetArrayLength());
        Assert.Contains("Not in this model: the biases of queries (queries have no bias)", table.Output, StringComparison.Ordinal);
        Assert.Contains("random channels in keys", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Circuit_MoreChannelsThanLeaveAControl_GivesTheRange() => (await CommandRunner.Run("circuit", fixture.Model, "--text", fixture.Text, "--channels", "20"))
        .MustFail(1, "20 channels are to be left out", "it must be 1 to 16");

    [Fact]
    public async Task Report_HoldsEveryStudyInJsonAndInThePage()
    {
        string page = fixture.Fresh("whole.html"), calibration = fixture.Write("calibration.txt", [.. (await File.ReadAllBytesAsync(fixture.Text)).Reverse().Where(letter => letter < 0x80)]);

        JsonElement document = await Json("report", fixture.Model, "--text", fixture.Text, "--calibration", calibration, "--windows", "2", "--calibration-windows", "2", "--out", page);

        Require(document, "profile", "sample", "comparison", "interventions", "certificate", "attention", "trace", "forecast");
        string html = await File.ReadAllTextAsync(page);
        Assert.All((string[])["certificate", "attention", "trace", "load", "forecast", "fold", "definitions"], id => Assert.Contains($"<section id=\"{id}\"", html.Replace(" class=\"method\"", "", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Compare_HasItsKeysAndWritesAReport()
    {
        string report = fixture.Fresh("report.html");

        JsonElement document = await Json("compare", fixture.Model, "--text", fixture.Text, "--arms", "w8a8-token,w8a8-tensor-static:channels:2,residual-int8@first:clip", "--report", report);

        Require(document.GetProperty("baseline"), "perplexity");
        Assert.Equal(3, document.GetProperty("arms").GetArrayLength());
        Require(document.GetProperty("arms")[1], "scheme", "preserve", "perplexity", "meanNll", "deltaNll", "deltaNllCi95", "kl", "top1Agreement", "bitsPerWeight", "sizeBytes", "kernels");
        Assert.Contains("</html>", await File.ReadAllTextAsync(report), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Perplexity_Timing_AddsTheSharesToDocumentAndTable()
    {
        string[] arguments = ["perplexity", fixture.Model, "--text", fixture.Text, "--timing"];

        JsonElement timing = (await Json(arguments)).GetProperty("timing");
        CommandOutcome table = await CommandRunner.Run(arguments);

        Require(timing, "seconds", "tokens", "tokensPerSecond", "productShare", "parts");
        Assert.Equal(1, timing.GetProperty("parts").EnumerateArray().Sum(part => part.GetProperty("share").GetDouble()), 1e-9);
        string?[] names = [.. timing.GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("part").GetString())];
        Assert.All((string[])["q, k, v", "attention", "output head", "log-softmax", "other"], name => Assert.Contains(name, names));
        Assert.All(names, name => Assert.Contains(name!, table.Output, StringComparison.Ordinal));
        Assert.Contains("products with weights take", table.Output, StringComparison.Ordinal);
        Assert.False((await Json("perplexity", fixture.Model, "--text", fixture.Text)).TryGetProperty("timing", out _));
    }

    [Fact]
    public async Task Generate_Timing_TellsPromptAndGeneratedTokensApart()
    {
        string[] arguments = ["generate", fixture.Model, "--prompt", "Line", "--temperature", "1", "--samples", "2", "--max-tokens", "6", "--timing"];

        JsonElement document = await Json(arguments);
        CommandOutcome table = await CommandRunner.Run(arguments);

        JsonElement timing = document.GetProperty("timing");
        int added = document.GetProperty("texts").EnumerateArray().Sum(text => text.GetProperty("ids").GetArrayLength());
        Assert.Equal(2 * 5, timing.GetProperty("prompt").GetProperty("tokens").GetInt32());
        Assert.Equal(added - 2, timing.GetProperty("generated").GetProperty("tokens").GetInt32());
        Assert.Contains("sampling", timing.GetProperty("generated").GetRawText(), StringComparison.Ordinal);
        Assert.Contains("generated", table.Output, StringComparison.Ordinal);
        Assert.Contains("products with weights take", table.Output, StringComparison.Ordinal);
        Assert.False((await Json("generate", fixture.Model, "--prompt", "Line", "--max-tokens", "2")).TryGetProperty("timing", out _));
    }

    [Fact]
    public async Task Quantize_WritesWhatEveryVerbReads()
    {
        string output = fixture.Fresh("quantized");

        JsonElement document = await Json("quantize", fixture.Model, "--scheme", "w8a8-tensor-static", "--text", fixture.Text, "--channels", "2", "--out", output);
        JsonElement inspected = await Json("inspect", output);
        JsonElement scored = await Json("perplexity", output, "--text", fixture.Text);
        JsonElement generated = await Json("generate", output, "--prompt", "Line", "--max-tokens", "5");
        JsonElement compared = await Json("compare", fixture.Model, "--text", fixture.Text, "--calibration", fixture.Text, "--windows", "all", "--arms", "w8a8-tensor-static:channels:2");

        Assert.Equal("w8a8-tensor-static", inspected.GetProperty("quantization").GetProperty("scheme").GetString());
        Assert.Equal(document.GetProperty("sizeBytes").GetInt64(), inspected.GetProperty("tensors").EnumerateArray().Sum(tensor => tensor.GetProperty("bytes").GetInt64()));
        Assert.InRange(generated.GetProperty("texts")[0].GetProperty("ids").GetArrayLength(), 1, 5);

        // The checkpoint on disk and the model in memory are the same model, calibrated on the same windows.
        Assert.Equal(compared.GetProperty("arms")[0].GetProperty("meanNll").GetDouble(), scored.GetProperty("meanNll").GetDouble());
    }

    [Fact]
    public async Task Generate_WithASeed_IsTheSameTwiceAndCountsSeedsUp()
    {
        string[] arguments = ["generate", fixture.Model, "--prompt", "Line", "--temperature", "1", "--seed", "5", "--samples", "2", "--max-tokens", "8"];

        JsonElement first = await Json(arguments);
        JsonElement second = await Json(arguments);

        Assert.Equal(first.GetProperty("texts").GetRawText(), second.GetProperty("texts").GetRawText());
        Assert.Equal([5, 6], first.GetProperty("texts").EnumerateArray().Select(text => text.GetProperty("seed").GetInt32()));
    }

    [Theory]
    [InlineData("inspect")]
    [InlineData("logits", "--ids", "1,2")]
    [InlineData("generate", "--prompt", "Line", "--max-tokens", "4")]
    [InlineData("perplexity", "--text", "TEXT")]
    [InlineData("locate", "--text", "TEXT")]
    [InlineData("intervene", "--text", "TEXT")]
    [InlineData("forecast", "--text", "TEXT", "--windows", "2")]
    [InlineData("trace", "--text", "TEXT", "--windows", "2", "--min-ratio", "5")]
    [InlineData("trace")]
    [InlineData("certify", "--text", "TEXT")]
    [InlineData("attention", "--text", "TEXT")]
    [InlineData("compare", "--text", "TEXT", "--arms", "w4a16-g32,w4a16-g32:channels")]
    public async Task WithoutJson_PrintsForPeople(string verb, params string[] rest)
    {
        CommandOutcome outcome = await CommandRunner.Run([verb, fixture.Model, .. rest.Select(word => word == "TEXT" ? fixture.Text : word)]);

        Assert.Equal(0, outcome.ExitCode);
        Assert.NotEqual("", outcome.Output.Trim());
    }

    private static async Task<JsonElement> Json(params string[] arguments)
    {
        CommandOutcome outcome = await CommandRunner.Run([.. arguments, "--json"]);
        Assert.Equal(0, outcome.ExitCode);
        return JsonDocument.Parse(outcome.Output).RootElement;
    }

    private static void Require(JsonElement element, params string[] keys) => Assert.All(keys, key => Assert.True(element.TryGetProperty(key, out _), $"there is no key '{key}'"));
}
