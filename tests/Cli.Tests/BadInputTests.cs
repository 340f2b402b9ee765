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

        (await CommandRunner.Run([verb, model, .. rest])).MustFail(1, model);

        Assert.False(Path.Exists(model));
    }

    [Theory]
    [InlineData("perplexity")]
    [InlineData("locate")]
    [InlineData("intervene")]
    [InlineData("compare")]
    public async Task MissingText_NamesTheFile(string verb)
    {
        string text = fixture.Fresh("absent.txt");

        (await CommandRunner.Run(verb, fixture.Model, "--text", text)).MustFail(1, text, "no such file");
    }

    [Theory]
    [InlineData("perplexity")]
    [InlineData("locate")]
    [InlineData("intervene")]
    [InlineData("compare")]
    public async Task EmptyText_SaysSo(string verb)
    {
        string text = fixture.Write("empty.txt", []);

        (await CommandRunner.Run(verb, fixture.Model, "--text", text)).MustFail(1, text, "empty");
    }

    [Theory]
    [InlineData("perplexity")]
    [InlineData("locate")]
    [InlineData("intervene")]
    [InlineData("compare")]
    public async Task TextShorterThanAWindow_GivesBothNumbers(string verb)
    {
        string text = fixture.Write("short.txt", "abc"u8.ToArray());

        (await CommandRunner.Run(verb, fixture.Model, "--text", text)).MustFail(1, "tokens", "63");
    }

    [Fact]
    public async Task TextThatIsNotUtf8_NamesTheByte()
    {
        string text = fixture.Write("latin1.txt", [.. "abc"u8, 0xE9, (byte)'d']);

        (await CommandRunner.Run("perplexity", fixture.Model, "--text", text)).MustFail(1, text, "byte 3", "UTF-8");
    }

    [Fact]
    public async Task TextThatIsADirectory_SaysSo() =>
        (await CommandRunner.Run("perplexity", fixture.Model, "--text", fixture.Model)).MustFail(1, "is a directory");

    [Fact]
    public async Task ContextBeyondTheModel_GivesTheRange() =>
        (await CommandRunner.Run("perplexity", fixture.Model, "--text", fixture.Text, "--context", "65")).MustFail(2, "--context is 65", "2 to 64");

    [Fact]
    public async Task TokenOutsideTheVocabulary_NamesTheId() =>
        (await CommandRunner.Run("logits", fixture.Model, "--ids", "99999")).MustFail(1, "99999");

    [Fact]
    public async Task PromptLongerThanTheModel_GivesBothNumbers() =>
        (await CommandRunner.Run("generate", fixture.Model, "--prompt", new string('a', 100))).MustFail(2, "64 positions");

    [Fact]
    public async Task StaticSchemeWithoutCalibration_SaysWhatItNeeds()
    {
        string output = fixture.Fresh("quantized");

        (await CommandRunner.Run("quantize", fixture.Model, "--scheme", "w8a8-tensor-static", "--preserve", "none", "--out", output)).MustFail(2, "static activation scales", "--profile or --text");

        Assert.False(Path.Exists(output));
    }

    [Fact]
    public async Task OutputThatExists_IsRefusedAndKept()
    {
        string output = fixture.Fresh("kept");
        Directory.CreateDirectory(output);
        await File.WriteAllTextAsync(Path.Combine(output, "mine.txt"), "mine");

        (await CommandRunner.Run("quantize", fixture.Model, "--scheme", "w8a16", "--preserve", "none", "--out", output)).MustFail(1, output, "--overwrite");

        Assert.Equal([Path.Combine(output, "mine.txt")], Directory.GetFileSystemEntries(output));
    }

    [Fact]
    public async Task ProfileOfAnotherKind_NamesThePlace()
    {
        string profile = fixture.Write("profile.json", "{\"version\":1,\"surprise\":2}"u8.ToArray());
        string output = fixture.Fresh("quantized");

        (await CommandRunner.Run("quantize", fixture.Model, "--scheme", "w8a8-tensor-static", "--profile", profile, "--out", output)).MustFail(1, profile);

        Assert.False(Path.Exists(output));
    }

    [Fact]
    public async Task QuantizingTwice_IsRefused()
    {
        string first = fixture.Fresh("first");
        string second = fixture.Fresh("second");
        Assert.Equal(0, (await CommandRunner.Run("quantize", fixture.Model, "--scheme", "w8a16", "--preserve", "none", "--out", first)).ExitCode);

        (await CommandRunner.Run("quantize", first, "--scheme", "w8a16", "--preserve", "none", "--out", second)).MustFail(1, "already quantized");

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

        (await CommandRunner.Run("inspect", model)).MustFail(1, weights, "byte");
    }

    [Fact]
    public async Task NanInAWeight_IsFoundByVerify()
    {
        string model = Copy("nan");
        Patch(model, "model.layers.1.mlp.up_proj.weight", 4 * 5, BitConverter.GetBytes(float.NaN));

        Assert.Equal(0, (await CommandRunner.Run("inspect", model)).ExitCode);
        (await CommandRunner.Run("inspect", model, "--verify")).MustFail(1, "model.layers.1.mlp.up_proj.weight", "element 5 is NaN");
    }

    [Fact]
    public async Task NanInAWeight_StopsQuantization()
    {
        string model = Copy("nan");
        string output = fixture.Fresh("quantized");
        Patch(model, "model.layers.1.mlp.up_proj.weight", 4 * 5, BitConverter.GetBytes(float.NaN));

        (await CommandRunner.Run("quantize", model, "--scheme", "w8a16", "--preserve", "none", "--out", output)).MustFail(1, "model.layers.1.mlp.up_proj", "NaN");

        Assert.False(Path.Exists(output));
    }

    [Fact]
    public async Task CodeOutOfRange_IsFoundByVerify()
    {
        string model = fixture.Fresh("quantized");
        Assert.Equal(0, (await CommandRunner.Run("quantize", fixture.Model, "--scheme", "w8a16", "--preserve", "none", "--out", model)).ExitCode);
        Assert.Equal(0, (await CommandRunner.Run("inspect", model, "--verify")).ExitCode);
        Patch(model, "model.layers.0.mlp.up_proj.codes", 2, [0x80]);

        (await CommandRunner.Run("inspect", model, "--verify")).MustFail(1, "model.layers.0.mlp.up_proj.codes", "row 0, column 2 is -128", "-127 to 127");
    }

    [Fact]
    public async Task UnknownArchitecture_ListsTheKnownOnes()
    {
        string model = Copy("unknown");
        string config = Path.Combine(model, "config.json");
        await File.WriteAllTextAsync(config, (await File.ReadAllTextAsync(config)).Replace("LlamaForCausalLM", "MambaForCausalLM", StringComparison.Ordinal), new UTF8Encoding(false));

        (await CommandRunner.Run("inspect", model)).MustFail(1, config, "MambaForCausalLM", "LlamaForCausalLM", "GPT2LMHeadModel");
    }

    [Fact]
    public async Task MissingTokenizer_NamesTheFile()
    {
        string model = Copy("untokenized");
        File.Delete(Path.Combine(model, "tokenizer.json"));

        (await CommandRunner.Run("generate", model, "--prompt", "a")).MustFail(1, model, "tokenizer.json");
    }

    [Fact]
    public async Task ReportInAMissingDirectory_FailsBeforeTheWork()
    {
        string report = Path.Combine(fixture.Fresh("absent"), "report.html");

        (await CommandRunner.Run("compare", fixture.Model, "--text", fixture.Text, "--arms", "w8a16", "--report", report)).MustFail(1, report);
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
