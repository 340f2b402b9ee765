using System.Text.Json;
using OutlierQuant.Checkpoints;
using OutlierQuant.Kernels;
using Xunit;

namespace OutlierQuant.Cli.Tests;

/// <summary><c>--kernels</c> and <c>--precision</c>: every set of kernels gives the same model, and one that cannot run says why.</summary>
public sealed class KernelsOptionTests(TinyModelFixture fixture) : IClassFixture<TinyModelFixture>
{
    private static readonly KernelSuite[] s_others = [.. KernelSuite.All.Where(suite => suite.IsAvailable && suite.Name != "reference")];

    public static TheoryData<string> Others => [.. s_others.Select(suite => suite.Name)];

    public static TheoryData<string> All => [.. KernelSuite.All.Select(suite => suite.Name)];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Kernels_Named_RunOrSayWhyNot(string name)
    {
        string? reason = KernelSuite.All.Single(suite => suite.Name == name).UnavailableBecause;

        CommandOutcome outcome = await CommandRunner.Run("inspect", fixture.Model, "--kernels", name, "--json");

        Assert.Equal(reason is null ? 0 : 1, outcome.ExitCode);
        Assert.Contains(reason is null ? $"\"kernels\": \"{name}:" : $"The kernel suite '{name}' cannot run: {reason}; this process can run auto, ", outcome.Output + outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_ListsEverySuiteAndWhyOthersDoNotRun()
    {
        JsonElement document = await Json("inspect", fixture.Model);

        JsonElement[] suites = [.. document.GetProperty("suites").EnumerateArray()];
        Assert.Equal(KernelSuite.All.Select(suite => suite.Name), suites.Select(suite => suite.GetProperty("name").GetString()));
        Assert.Equal(KernelSuite.All.Select(suite => suite.UnavailableBecause), suites.Select(suite => suite.GetProperty("unavailableBecause").GetString()));
        Assert.Equal(KernelSuite.Fastest.Name, Assert.Single(suites, suite => suite.GetProperty("chosen").GetBoolean()).GetProperty("name").GetString());
        Assert.Equal("f32", document.GetProperty("precision").GetString());
        CommandOutcome people = await CommandRunner.Run("inspect", fixture.Model);
        Assert.All(KernelSuite.All, suite => Assert.Contains(suite.UnavailableBecause ?? suite.Description[(suite.Name.Length + 2)..], people.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Inspect_NamesTheKernelOfEveryLinear()
    {
        string quantized = await Quantize("w8a8-token", "auto");

        JsonElement[] floats = Linears(await Json("inspect", fixture.Model, "--kernels", "reference"));
        JsonElement[] codes = Linears(await Json("inspect", quantized, "--kernels", "reference"));

        Assert.Equal(floats.Sum(Number), codes.Sum(Number));
        Assert.All(floats, linears => Assert.Matches("^float×(f32|f16|bf16) reference$", linears.GetProperty("manyTokens").GetString()));
        Assert.All(codes, linears => Assert.Equal(Role(linears) == "head" ? Kernel(floats.Single(other => Role(other) == "head")) : "int8×int8 reference", Kernel(linears)));

        static int Number(JsonElement linears) => linears.GetProperty("linears").GetInt32();
        static string? Role(JsonElement linears) => linears.GetProperty("role").GetString();
        static string? Kernel(JsonElement linears) => linears.GetProperty("oneToken").GetString();
        static JsonElement[] Linears(JsonElement document) => [.. document.GetProperty("linears").EnumerateArray()];
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Logits_OnEverySuite_AreThoseOfTheReference(string name)
    {
        string quantized = await Quantize("w4a16-g32", "reference");
        foreach (string model in new[] { fixture.Model, quantized })
        {
            float[] expected = await Logits(model, "reference");
            float[] actual = await Logits(model, name);

            // Sums in another order, through two blocks: a few units in the last place of the largest logit.
            float tolerance = 1e-5f * expected.Max(Math.Abs);
            Assert.Equal(expected.Length, actual.Length);
            Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second, pair.First - tolerance, pair.First + tolerance));
        }
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Quantize_OnEverySuite_WritesTheSameCodes(string name)
    {
        foreach (string scheme in new[] { "w8a16", "w4a16-g32", "ternary-a16" })
        {
            using var expected = TensorStore.Open(await Quantize(scheme, "reference"));
            using var actual = TensorStore.Open(await Quantize(scheme, name));

            Assert.Equal(expected.Tensors.Select(tensor => tensor.Name), actual.Tensors.Select(tensor => tensor.Name));
            Assert.All(expected.Tensors.Zip(actual.Tensors), pair => Assert.True(
                pair.First.Bytes(0, (int)pair.First.ByteLength).SequenceEqual(pair.Second.Bytes(0, (int)pair.Second.ByteLength)), $"{scheme}: {pair.First.Name} differs"));
        }
    }

    [Theory]
    [InlineData("perplexity", "--text", "TEXT")]
    [InlineData("generate", "--prompt", "Line", "--max-tokens", "4")]
    public async Task Precision_BF16_Runs(string verb, params string[] rest) =>
        await Json([verb, fixture.Model, .. rest.Select(word => word == "TEXT" ? fixture.Text : word), "--precision", "bf16"]);

    [Fact]
    public async Task Precision_BF16_KeepsLogitsWithinItsRounding()
    {
        float[] exact = await Logits(fixture.Model, "auto");
        float[] rounded = await Logits(fixture.Model, "auto", "--precision", "bf16");

        // One rounding to 8 significant bits is at most 2^-9 of a value; errors of many products mostly cancel, those of two blocks add up.
        float tolerance = 0.05f * exact.Max(Math.Abs);
        Assert.All(exact.Zip(rounded), pair => Assert.InRange(pair.Second, pair.First - tolerance, pair.First + tolerance));
        Assert.Equal("bf16", (await Json("inspect", fixture.Model, "--precision", "bf16")).GetProperty("precision").GetString());
    }

    private async Task<string> Quantize(string scheme, string kernels)
    {
        string output = fixture.Fresh("quantized");
        await Json("quantize", fixture.Model, "--scheme", scheme, "--preserve", "none", "--kernels", kernels, "--out", output);
        return output;
    }

    private async Task<float[]> Logits(string model, string kernels, params string[] rest)
    {
        string path = fixture.Fresh("logits.safetensors");
        string ids = string.Join(',', Enumerable.Range(0, 40).Select(i => 1 + (i * 7 % 90)));
        await Json(["logits", model, "--ids", ids, "--kernels", kernels, "--out", path, .. rest]);
        using var store = TensorStore.Open(path);
        Tensor logits = store.Tensors[0];
        return logits.Elements<float>(0, (int)logits.ElementCount).ToArray();
    }

    private static async Task<JsonElement> Json(params string[] arguments)
    {
        CommandOutcome outcome = await CommandRunner.Run([.. arguments, "--json"]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return JsonDocument.Parse(outcome.Output).RootElement;
    }
}
