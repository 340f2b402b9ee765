using System.Text.Json;
using OutlierQuant.Benchmarks;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Gpu.OpenCL;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Cli.Tests;

/// <summary><c>devices</c> and <c>--device</c>: a device gives what the CPU gives, and one that is not there says what is.</summary>
public sealed class DeviceOptionTests(TinyModelFixture fixture) : IClassFixture<TinyModelFixture>
{
    private static readonly DeviceSearch s_opencl = OpenCLDevices.Find();

    public static TheoryData<string> Devices => ["cpu", .. s_opencl.Found.Select(device => device.Id)];

    [Fact]
    public async Task Devices_ListsWhatWasFoundAndWhatWasRejected()
    {
        JsonElement document = await Json("devices");
        Assert.Equal(s_opencl.Found.Select(device => device.Id), Texts(document, "devices", "device").Where(id => id!.StartsWith("opencl", StringComparison.Ordinal)));
        Assert.Equal(s_opencl.Rejected.Select(rejection => rejection.Reason), Texts(document, "rejected", "reason", "opencl"));

        CommandOutcome people = await CommandRunner.Run("devices");
        Assert.Contains("this processor", people.Output, StringComparison.Ordinal);
        Assert.All(s_opencl.Found, device => Assert.Contains(device.Name, people.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("opencl:")]
    [InlineData("opencl:-1")]
    [InlineData("opencl:0:1")]
    [InlineData("cpu:0")]
    public async Task Device_UnknownWord_IsAUsageError(string word) =>
        (await CommandRunner.Run("perplexity", fixture.Model, "--text", fixture.Text, "--device", word)).MustFail(2, $"'{word}'", "cpu", "opencl[:N]");

    [Fact]
    public async Task Device_ThatIsNotThere_SaysWhatThereIs()
    {
        CommandOutcome outcome = await CommandRunner.Run("perplexity", fixture.Model, "--text", fixture.Text, "--device", "opencl:99");

        outcome.MustFail(1, "OpenCL has", s_opencl.Found.Count == 0 ? s_opencl.Rejected[0].Reason : "opencl:0");
        Assert.DoesNotContain("Actual value", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Perplexity_OnADevice_EqualsTheCpus(string device)
    {
        string[] arguments = ["perplexity", fixture.Model, "--text", fixture.Text, "--windows", "2"];
        JsonElement expected = await Json(arguments), actual = await Json([.. arguments, "--device", device]);

        Assert.Equal(expected.GetProperty("tokensScored").GetInt32(), actual.GetProperty("tokensScored").GetInt32());
        Assert.Equal(expected.GetProperty("meanNll").GetDouble(), actual.GetProperty("meanNll").GetDouble(), 1e-5);
        Assert.Contains(device == "cpu" ? "float×" : "opencl", actual.GetProperty("kernels")[0].GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Perplexity_OfTheBundledCheckpointOnADevice_EqualsTheCpus(string device)
    {
        string samples = Path.Combine(RepositoryRoot.Path, "samples");
        string[] arguments = ["perplexity", Path.Combine(samples, "tiny-llama"), "--text", Path.Combine(samples, "text", "evaluation.txt"), "--windows", "1", "--context", "64"];
        double expected = (await Json(arguments)).GetProperty("meanNll").GetDouble(), actual = (await Json([.. arguments, "--device", device])).GetProperty("meanNll").GetDouble();

        Assert.Equal(expected, actual, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Generate_OnADevice_ChoosesTheCpusTokens(string device)
    {
        string[] arguments = ["generate", fixture.Model, "--prompt", "Line 7", "--max-tokens", "9"];
        JsonElement expected = await Json(arguments), actual = await Json([.. arguments, "--device", device]);

        Assert.Equal(expected.GetProperty("texts").GetRawText(), actual.GetProperty("texts").GetRawText());
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Locate_OnADevice_FindsTheCpusCoordinates(string device)
    {
        string[] arguments = ["locate", fixture.Model, "--text", fixture.Text];
        JsonElement expected = await Json(arguments), actual = await Json([.. arguments, "--device", device]);

        Assert.Equal(Channels(expected), Channels(actual));

        static string[] Channels(JsonElement document) => [.. document.GetProperty("massive").EnumerateArray().Select(massive => $"{massive.GetProperty("channel")} {massive.GetProperty("firstBlock")} {massive.GetProperty("lastBlock")}")];
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Compare_OnADevice_GivesTheCpusArms(string device)
    {
        string[] arguments = ["compare", fixture.Model, "--text", fixture.Text, "--arms", "w8a8-token,w4a16:channels:2,residual-int8", "--windows", "2", "--calibration-windows", "2"];
        JsonElement[] expected = [.. (await Json(arguments)).GetProperty("arms").EnumerateArray()], actual = [.. (await Json([.. arguments, "--device", device])).GetProperty("arms").EnumerateArray()];

        Assert.Equal(expected.Length, actual.Length);
        foreach ((JsonElement one, JsonElement other) in expected.Zip(actual))
        {
            Assert.Equal(one.GetProperty("scheme").GetString(), other.GetProperty("scheme").GetString());

            // A code that rounds the other way where float sums in another order meet a tie moves the loss in the fourth digit at most.
            Assert.Equal(one.GetProperty("meanNll").GetDouble(), other.GetProperty("meanNll").GetDouble(), 2e-3);
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Bench_OnADevice_MeasuresEveryKernelNaiveAndPreserving(string device)
    {
        string[] arguments = ["bench", "--quick", "--shapes", "24x64", "--rows", "1,33", "--preserved", "0,3", "--device", device, .. device == "cpu" ? ["--only", "int8xint8"] : Array.Empty<string>()];
        JsonElement document = await Json(arguments);

        JsonElement[] results = [.. document.GetProperty("results").EnumerateArray()];
        if (device == "cpu")
        {
            Assert.Equal(KernelSuite.Fastest.Name, document.GetProperty("suite").GetString());
            return;
        }

        Assert.Equal(device, document.GetProperty("device").GetProperty("id").GetString());
        Assert.True(document.GetProperty("ceilings").GetProperty("copyGbPerSecond").GetDouble() > 0);
        Assert.Equal([.. ProductKernel.All.Select(kernel => kernel.Name)], results.Select(result => result.GetProperty("kernel").GetString()).Distinct());
        Assert.All(results, result => Assert.True(result.GetProperty("medianMs").GetDouble() > 0 && result.GetProperty("percentOfCeiling").GetDouble() > 0));
        Assert.Equal([0, 3], results.Where(result => result.GetProperty("kernel").GetString() == "int8×int8").Select(result => result.GetProperty("preservedChannels").GetInt32()).Distinct());

        CommandOutcome people = await CommandRunner.Run([.. arguments, "--only", "int8xint8"]);
        Assert.Contains("of copying", people.Output, StringComparison.Ordinal);
    }

    private static IEnumerable<string?> Texts(JsonElement document, string list, string property, string? backend = null) =>
        document.GetProperty(list).EnumerateArray()
            .Where(element => backend is null || element.GetProperty("backend").GetString() == backend)
            .Select(element => element.GetProperty(property).GetString());

    private static async Task<JsonElement> Json(params string[] arguments)
    {
        CommandOutcome outcome = await CommandRunner.Run([.. arguments, "--json"]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return JsonDocument.Parse(outcome.Output).RootElement.Clone();
    }
}
