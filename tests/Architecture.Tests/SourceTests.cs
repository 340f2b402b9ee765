using Xunit;

namespace OutlierQuant.Architecture.Tests;

public sealed class SourceTests
{
    private static readonly string[] TextFiles = ["*.cs", "*.csproj", "*.props", "*.md", "*.sh", "*.mjs", "*.js", "*.yml", "run"];

    [Fact]
    public void Sources_Length_IsReadable() => Violations.None(Check("*.cs", "", SourceRules.TooLong));

    [Fact]
    public void Sources_PublicTypes_HaveTheirOwnFile() => Violations.None(Check("*.cs", "src/", SourceRules.PublicTypes));

    [Fact]
    public void Sources_Namespace_IsTheFolder() => Violations.None(Check("*.cs", "src/", SourceRules.Namespace));

    [Fact]
    public void Sources_Names_SaySomething() => Violations.None(Check("*.cs", "", SourceRules.EmptyNames));

    [Fact]
    public void Sources_Work_IsFinished() => Violations.None(Check("*.cs", "", SourceRules.Unfinished, except: "tests/Architecture.Tests/"));

    [Fact]
    public void Files_Paths_AreOfNoMachine() =>
        Violations.None(TextFiles.SelectMany(static pattern => Check(pattern, "", SourceRules.MachinePaths, except: "tests/")));

    [Fact]
    public void TooLong_FileOf401Lines_IsFound()
    {
        Assert.Equal(["a.cs has 401 lines; at most 400 are allowed"], SourceRules.TooLong("a.cs", new string[401]));
        Assert.Empty(SourceRules.TooLong("a.cs", new string[400]));
    }

    [Fact]
    public void PublicTypes_TwoOrMisnamed_AreFound()
    {
        Assert.Equal(["src/A.cs has the public types A, B; one is allowed"], SourceRules.PublicTypes("src/A.cs", ["public sealed class A", "public readonly record struct B(int X);"]));
        Assert.Equal(["src/A.cs declares IB; the file must have its name"], SourceRules.PublicTypes("src/A.cs", ["public interface IB"]));
        Assert.Empty(SourceRules.PublicTypes("src/A.Wide.cs", ["public static partial class A", "internal sealed class B", "    public sealed record Nested"]));
    }

    [Fact]
    public void Namespace_OtherThanTheFolder_IsFound()
    {
        Assert.Equal(["src/A/B/C.cs is in the namespace OutlierQuant.A; its folder requires OutlierQuant.A.B"], SourceRules.Namespace("src/A/B/C.cs", ["namespace OutlierQuant.A;"]));
        Assert.Empty(SourceRules.Namespace("src/A/B/C.cs", ["namespace OutlierQuant.A.B;"]));
    }

    [Theory]
    [InlineData("src/Helpers/A.cs", "class A", "Helpers")]
    [InlineData("src/A.cs", "internal static class StringUtils", "StringUtils")]
    [InlineData("src/A.cs", "public sealed class CommonThings", "CommonThings")]
    [InlineData("src/FileManager.cs", "", "FileManager")]
    public void EmptyNames_NamesThatSayNothing_AreFound(string path, string line, string name) =>
        Assert.Equal([$"{path} has the name {name}; name what it does"], SourceRules.EmptyNames(path, [line]));

    [Theory]
    [InlineData("open(\"../shared/models\")", "../shared")]
    [InlineData("cd /work/main", "/work/")]
    [InlineData("C:\\Users\\me", "C:\\Users")]
    [InlineData("--out /tmp/x", "/tmp/")]
    public void MachinePaths_PathOfOneMachine_IsFound(string line, string found) =>
        Assert.Equal([$"a, line 2 has '{found}'; no path of one machine is allowed"], SourceRules.MachinePaths("a", ["", line]));

    [Fact]
    public void Unfinished_WorkLeftForLater_IsFound() =>
        Assert.Equal(["a, line 1 has 'TODO'; nothing may be unfinished"], SourceRules.Unfinished("a", ["// TODO: later", "// todos are a word"]));

    private static List<string> Check(string pattern, string folder, Func<string, string[], IEnumerable<string>> rule, string? except = null)
    {
        IEnumerable<string> paths = RepositoryFiles.Named(pattern)
            .Where(path => path.StartsWith(folder, StringComparison.Ordinal) && (except is null || !path.StartsWith(except, StringComparison.Ordinal)));
        return [.. paths.SelectMany(path => rule(path, RepositoryFiles.Lines(path)))];
    }
}
