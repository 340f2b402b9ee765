using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Cli.Tests;

public sealed class ReadmeTests
{
    [Fact]
    public void EveryCommand_InReadmeAndDocs_Parses()
    {
        string[] files = [Path.Combine(RepositoryRoot.Path, "README.md"), .. Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "docs"), "*.md"), .. Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "samples"), "*.md", SearchOption.AllDirectories)];
        string[] commands = [.. files.SelectMany(File.ReadLines).Where(line => line.StartsWith("outlierquant ", StringComparison.Ordinal)).Select(line => line["outlierquant ".Length..])];

        Assert.NotEmpty(commands);
        Assert.All(commands, command => Assert.Empty(CommandLine.Root(new Terminal.UserConsole(TextWriter.Null, TextWriter.Null)).Parse(command).Errors));
    }

    [Fact]
    public void QuickStart_RunsDemoAndTests()
    {
        string readme = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "README.md"));

        Assert.Contains("dotnet run --project tools/OutlierQuant.Cli -c Release -- demo\ndotnet test -c Release\n", readme.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("dotnet test -c Release", File.ReadAllText(Path.Combine(RepositoryRoot.Path, ".ci", "run")), StringComparison.Ordinal);
    }
}
