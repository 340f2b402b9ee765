using Xunit;

namespace OutlierQuant.Cli.Tests;

/// <summary>What a command printed and returned.</summary>
internal sealed record CommandOutcome(int ExitCode, string Output, string Error)
{
    /// <summary>Asserts failure with one line on standard error and nothing on standard output.</summary>
    public void MustFail(int exitCode, params string[] words)
    {
        Assert.Equal("", Output);
        string[] lines = [.. Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith("outlierquant: ", StringComparison.Ordinal))];
        string message = Assert.Single(lines);
        Assert.DoesNotContain("internal error", message, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter '", message, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.Equal(exitCode, ExitCode);
    }
}
