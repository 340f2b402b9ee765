using System.Text;
using OutlierQuant.Checkpoints;
using Xunit;

namespace OutlierQuant.Cli.Tests;

/// <summary>Files and values that cannot work: exit code 1, one line that names the place, and nothing written.</summary>
public sealed class BadInputTests(TinyModelFixture fixture) : IClassFixture<TinyModelFixture>
{
    [Theory]
    [InlineData("inspect")]
    [InlineData("logits", "--ids", "1")]
    [InlineData("generate", "--prompt", "a")]
    public async Task MissingModel_NamesTheDirectory(string verb, params string[] rest)
    {
        string model = fixture.Fresh("absent");

        await MustFail(1, [verb, model, .. rest], model);

        Assert.False(Path.Exists(model));
    }

    [Theory]
    [InlineData("perplexity")]
    [InlineData("locate")]
    [InlineData("intervene")]
    [InlineData("trace")]
    [InlineData("forecast")]
    [InlineData("certify")]
    [InlineData("attention")]
    [InlineData("circuit")]
    [InlineData("compare")]
    public async Task MissingText_NamesTheFile(string verb)
    {
        string text = fixture.Fresh("absent.txt");

        await MustFail(1, [verb, fixture.Model, "--text", text], text, "no such file");
    }

    [Theory]
    [InlineData("perplexity")]
    [InlineData("locate")]
    [InlineData("intervene")]
    [InlineData("trace")]
    [InlineData("forecast")]
    [InlineData("certify")]
    [InlineData("attention")]
    [InlineData("circuit")]
    [InlineData("compare")]
    public async Task EmptyText_SaysSo(string verb)
    {
        string text = fixture.Write("empty.txt", []);

        await MustFail(1, [verb, fixture.Model, "--text", text], text, "empty");
    }

    [Theory]
    [InlineData("perplexity")]
    [InlineData("locate")]
    [InlineData("intervene")]
    [InlineData("trace")]
    [InlineData("forecast")]
    [InlineData("certify")]
    [InlineData("attention")]
    [InlineData("circuit")]
    [InlineData("compare")]
    public async Task TextShorterThanAWindow_GivesBothNumbers(string verb)
    {
        string text = fixture.Write("short.txt", "abc"u8.ToArray());

        await MustFail(1, [verb, fixture.Model, "--text", text], "tokens", "63");
    }

    [Fact]
    public async Task TextThatIsNotUtf8_NamesTheByte()
    {
        string text = fixture.Write("latin1.txt", [.. "abc"u8, 0xE9, (byte)'d']);

        await MustFail(1, ["perplexity", fixture.Model, "--text", text], text, "byte 3", "UTF-8");
    }

    [Fact]
    public async Task TextThatIsADirectory_SaysSo() =>
        await MustFail(1, ["perplexity", fixture.Model, "--text", fixture.Model], "is a directory");

    [Fact]
    public async Task ContextBeyondTheModel_GivesTheRange() =>
        await MustFail(2, ["perplexity", fixture.Model, "--text", fixture.Text, "--context", "65"], "--context is 65", "2 to 64");

    [Fact]
    public async Task TokenOutsideTheVocabulary_NamesTheId() =>
        await MustFail(1, ["logits", fixture.Model, "--ids", "99999"], "99999");

    [Fact]
    public async Task PromptLongerThanTheModel_GivesBothNumbers() =>
        await MustFail(2, ["generate", fixture.Model, "--prompt", new string('a', 100)], "64 positions");

    [Fact]
    public async Task StaticSchemeWithoutCalibration_SaysWhatItNeeds()
    {
        string output = fixture.Fresh("quantized");

        await MustFail(2, ["quantize", fixture.Model, "--scheme", "w8a8-tensor-static", "--preserve", "none", "--out", output], "static activation scales", "--profile or --text");

        Assert.False(Path.Exists(output));
    }

    [Fact]
    public async Task OutputThatExists_IsRefusedAndKept()
    {
        string output = fixture.Fresh("kept");
        Directory.CreateDirectory(output);
        await File.WriteAllTextAsync(Path.Combine(output, "mine.txt"), "mine");

        await MustFail(1, ["quantize", fixture.Model, "--scheme", "w8a16", "--preserve", "none", "--out", output], output, "--overwrite");

        Assert.Equal([Path.Combine(output, "mine.txt")], Directory.GetFileSystemEntries(output));
    }

    [Fact]
    public async Task ProfileOfAnotherKind_NamesThePlace()
    {
        string profile = fixture.Write("profile.json", "{\"version\":2,\"surprise\":2}"u8.ToArray());
        string output = fixture.Fresh("quantized");

        await MustFail(1, ["quantize", fixture.Model, "--scheme", "w8a8-tensor-static", "--profile", profile, "--out", output], profile);

        Assert.False(Path.Exists(output));
    }

    [Theory]
    [InlineData("trace", "is quantized; a trace reads float weights")]
    [InlineData("circuit", "is quantized; a study of the circuit reads float weights")]
    [InlineData("forecast", "already quantized")]
    public async Task QuantizedCheckpoint_IsRefusedWhereFloatWeightsAreNeeded(string verb, string expected)
    {
        string quantized = fixture.Fresh("quantized");
        Assert.Equal(0, (await CommandRunner.Run("quantize", fixture.Model, "--scheme", "w8a16", "--preserve", "none", "--out", quantized)).ExitCode);

        await MustFail(1, [verb, quantized, "--text", fixture.Text], quantized, expected);
    }

    [Fact]
    public async Task Forecast_ProfileOfTheVersionBefore_SaysHowToMakeItAgain()
    {
        string profile = fixture.Write("profile.json", "{\"version\":1}"u8.ToArray());

        await MustFail(1, ["forecast", fixture.Model, "--profile", profile], profile, "reads version 2", "locate");
    }

    [Fact]
    public async Task QuantizingTwice_IsRefused()
    {
        string first = fixture.Fresh("first");
        string second = fixture.Fresh("second");
        Assert.Equal(0, (await CommandRunner.Run("quantize", fixture.Model, "--scheme", "w8a16", "--preserve", "none", "--out", first)).ExitCode);

        await MustFail(1, ["quantize", first, "--scheme", "w8a16", "--preserve", "none", "--out", second], "already quantized");

        Assert.False(Path.Exists(second));
    }

    [Fact]
    public async Task TruncatedWeights_NameFileAndByte()
    {
        string model = Copy("truncated");
        string weights = Path.Combine(model, "model.safetensors");
        using (FileStream stream = File.OpenWrite(weights))
        {
            stream.SetLength(stream.Length - 1);
        }

        await MustFail(1, ["inspect", model], weights, "byte");
    }

    [Fact]
    public async Task NanInAWeight_IsFoundByVerify()
    {
        string model = Copy("nan");
        Patch(model, "model.layers.1.mlp.up_proj.weight", 4 * 5, BitConverter.GetBytes(float.NaN));

        Assert.Equal(0, (await CommandRunner.Run("inspect", model)).ExitCode);
        await MustFail(1, ["inspect", model, "--verify"], "model.layers.1.mlp.up_proj.weight", "element 5 is NaN");
    }

    [Fact]
    public async Task NanInAWeight_StopsQuantization()
    {
        string model = Copy("nan");
        string output = fixture.Fresh("quantized");
        Patch(model, "model.layers.1.mlp.up_proj.weight", 4 * 5, BitConverter.GetBytes(float.NaN));

        await MustFail(1, ["quantize", model, "--scheme", "w8a16", "--preserve", "none", "--out", output], "model.layers.1.mlp.up_proj", "NaN");

        Assert.False(Path.Exists(output));
    }

    [Fact]
    public async Task CodeOutOfRange_IsFoundByVerify()
    {
        string model = fixture.Fresh("quantized");
        Assert.Equal(0, (await CommandRunner.Run("quantize", fixture.Model, "--scheme", "w8a16", "--preserve", "none", "--out", model)).ExitCode);
        Assert.Equal(0, (await CommandRunner.Run("inspect", model, "--verify")).ExitCode);
        Patch(model, "model.layers.0.mlp.up_proj.codes", 2, [0x80]);

        await MustFail(1, ["inspect", model, "--verify"], "model.layers.0.mlp.up_proj.codes", "row 0, column 2 is -128", "-127 to 127");
    }

    [Fact]
    public async Task UnknownArchitecture_ListsTheKnownOnes()
    {
        string model = Copy("unknown");
        string config = Path.Combine(model, "config.json");
        await File.WriteAllTextAsync(config, (await File.ReadAllTextAsync(config)).Replace("LlamaForCausalLM", "MambaForCausalLM", StringComparison.Ordinal), new UTF8Encoding(false));

        await MustFail(1, ["inspect", model], config, "MambaForCausalLM", "LlamaForCausalLM", "GPT2LMHeadModel");
    }

    [Fact]
    public async Task MissingTokenizer_NamesTheFile()
    {
        string model = Copy("untokenized");
        File.Delete(Path.Combine(model, "tokenizer.json"));

        await MustFail(1, ["generate", model, "--prompt", "a"], model, "tokenizer.json");
    }

    [Fact]
    public async Task CertificateInAMissingDirectory_FailsBeforeTheWork()
    {
        string output = Path.Combine(fixture.Fresh("absent"), "certificate.json");

        await MustFail(1, ["certify", fixture.Model, "--text", fixture.Text, "--out", output], output);
    }

    [Fact]
    public async Task CertifyWithOneTextTwice_IsAUsageError() =>
        await MustFail(2, ["certify", fixture.Model, "--text", fixture.Text, "--text", Path.Combine(Path.GetDirectoryName(fixture.Text)!, ".", Path.GetFileName(fixture.Text))], fixture.Text, "twice");

    [Fact]
    public async Task CertifyWithTooFewDraws_GivesTheLeast() =>
        await MustFail(1, ["certify", fixture.Model, "--text", fixture.Text, "--draws", "5"], "The number of draws is 5; at least 19");

    [Fact]
    public async Task ReportInAMissingDirectory_FailsBeforeTheWork()
    {
        string report = Path.Combine(fixture.Fresh("absent"), "report.html");

        await MustFail(1, ["compare", fixture.Model, "--text", fixture.Text, "--arms", "w8a16", "--report", report], report);
    }

    /// <summary>Runs a command that must fail, and checks that it wrote nothing beside its inputs.</summary>
    private async Task MustFail(int exitCode, string[] arguments, params string[] words)
    {
        string[] before = fixture.Everything();

        CommandOutcome outcome = await CommandRunner.Run(arguments);

        outcome.MustFail(exitCode, words);
        Assert.Equal(before, fixture.Everything());
    }

    private static void Patch(string model, string tensorName, int byteInTensor, byte[] bytes)
    {
        long place;
        string path;
        using (var store = TensorStore.Open(model))
        {
            Tensor tensor = Assert.Single(store.Tensors, tensor => tensor.Name == tensorName);
            place = tensor.ByteOffset + byteInTensor;
            path = tensor.Path;
        }

        using FileStream stream = new(path, FileMode.Open, FileAccess.Write);
        stream.Position = place;
        stream.Write(bytes);
    }

    private string Copy(string name)
    {
        string target = fixture.Fresh(name);
        Directory.CreateDirectory(target);
        foreach (string file in Directory.GetFiles(fixture.Model))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        return target;
    }
}
