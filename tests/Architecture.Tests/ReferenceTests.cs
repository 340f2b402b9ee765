using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Architecture.Tests;

public sealed class ReferenceTests
{
    [Fact]
    public void Projects_References_PointOneWay()
    {
        Assert.Contains(Project.All, static project => project.Directory == "src/Models" && project.References.Contains("src/Kernels"));
        Violations.None(ReferenceRules.Violations(Project.All));
        Violations.None(ReferenceRules.PackageViolations(Project.All));
    }

    [Theory]
    [InlineData("src/Kernels", "../Checkpoints/X.csproj", "src/Kernels must not reference src/Checkpoints")]
    [InlineData("src/Checkpoints", "..\\Kernels\\X.csproj", "src/Checkpoints must not reference src/Kernels")]
    [InlineData("src/Models", "../Calibration/X.csproj", "src/Models must not reference src/Calibration")]
    [InlineData("src/Eval", "../Kernels.Gpu/X.csproj", "src/Eval must not reference src/Kernels.Gpu")]
    [InlineData("src/Eval", "../../tools/OutlierQuant.Cli/X.csproj", "src/Eval must not reference tools/OutlierQuant.Cli")]
    [InlineData("src/Models", "../../tests/Testing/X.csproj", "src/Models must not reference tests/Testing")]
    [InlineData("src/New", "../Kernels/X.csproj", "src/New must not reference src/Kernels")]
    [InlineData("tests/Testing", "../../src/Models/X.csproj", "tests/Testing must not reference src/Models")]
    [InlineData("tests/Kernels.Tests", "../../src/Models/X.csproj", "tests/Kernels.Tests must not reference src/Models")]
    [InlineData("tests/Eval.Tests", "../Models.Tests/X.csproj", "tests/Eval.Tests must not reference tests/Models.Tests")]
    [InlineData("tools/OutlierQuant.Cli", "../../tests/Testing/X.csproj", "tools/OutlierQuant.Cli must not reference tests/Testing")]
    [InlineData("bench/Kernels.Bench", "../../tests/Testing/X.csproj", "bench/Kernels.Bench must not reference tests/Testing")]
    public void Violations_ForbiddenReference_IsFound(string directory, string reference, string violation)
    {
        Project project = Project.Parse($"{directory}/X.csproj", $"""<Project><ItemGroup><ProjectReference Include="{reference}" /></ItemGroup></Project>""");
        Assert.Equal([violation], ReferenceRules.Violations([project]));
    }

    [Theory]
    [InlineData("src/Kernels", "ILGPU")]
    [InlineData("src/Eval", "TorchSharp-cpu")]
    [InlineData("src/Models", "xunit")]
    [InlineData("tools/OutlierQuant.Cli", "BenchmarkDotNet")]
    public void PackageViolations_ForbiddenPackage_IsFound(string directory, string package) =>
        Assert.Equal([$"{directory} must not reference the package {package}"], ReferenceRules.PackageViolations([new Project(directory, [], [package])]));

    [Fact]
    public void Solution_Projects_AreAllListed()
    {
        string solution = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "OutlierQuant.sln")).Replace('\\', '/');
        IReadOnlyList<string> projects = RepositoryFiles.Named("*.csproj");
        Assert.InRange(projects.Count, 10, 100);

        // ILGPU cannot be restored everywhere, so its projects are outside the default build.
        IEnumerable<string> required = projects.Where(static path => !path.Contains("/Kernels.Ilgpu", StringComparison.Ordinal));
        Assert.All(required, path => Assert.Contains($"\"{path}\"", solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Projects_FileName_IsTheAssemblysName()
    {
        foreach (string path in RepositoryFiles.Named("*.csproj"))
        {
            string folder = Path.GetFileName(Path.GetDirectoryName(path)!);
            Assert.Equal(folder.StartsWith("OutlierQuant.", StringComparison.Ordinal) ? folder : $"OutlierQuant.{folder}", Path.GetFileNameWithoutExtension(path));
        }
    }

    [Fact]
    public void Sources_EachProject_HasATestProject()
    {
        foreach (string folder in Project.All.Select(static project => project.Directory).Where(static directory => directory.StartsWith("src/", StringComparison.Ordinal)))
        {
            Assert.Contains(Project.All, project => project.Directory == $"tests/{folder["src/".Length..]}.Tests");
        }
    }
}
