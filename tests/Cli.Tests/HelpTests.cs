using Xunit;

namespace OutlierQuant.Cli.Tests;

public sealed class HelpTests
{
    private static readonly string[] VerbNames =
    [
        "demo", "inspect", "logits", "locate", "intervene", "trace", "forecast", "certify", "attention", "circuit", "quantize", "perplexity", "compare", "report", "generate", "bench", "devices",
        "train", "history",
    ];

    public static TheoryData<string> Verbs => [.. VerbNames];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Help_OfEveryVerb_ShowsAnExampleThatParses(string verb)
    {
        CommandOutcome outcome = await CommandRunner.Run(verb, "--help");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("--json", outcome.Output, StringComparison.Ordinal);
        string example = Assert.Single(outcome.Output.Split('\n'), line => line.Trim().StartsWith($"outlierquant {verb}", StringComparison.Ordinal));
        Assert.Empty(CommandLine.Root(new Terminal.UserConsole(TextWriter.Null, TextWriter.Null)).Parse(example.Trim()["outlierquant ".Length..]).Errors);
    }

    [Fact]
    public async Task Help_OfTheProgram_ListsEveryVerb()
    {
        CommandOutcome outcome = await CommandRunner.Run("--help");

        Assert.Equal(0, outcome.ExitCode);
        Assert.All(VerbNames, verb => Assert.Contains($"\n  {verb} ", outcome.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task NoVerb_IsAUsageError() => (await CommandRunner.Run()).MustFail(2, "which command?", "--help");
}
