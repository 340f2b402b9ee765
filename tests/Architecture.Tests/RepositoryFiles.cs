using OutlierQuant.Testing;

namespace OutlierQuant.Architecture.Tests;

/// <summary>The files of the repository that people write; not what builds make.</summary>
internal static class RepositoryFiles
{
    private static readonly string[] Made = [".git", "artifacts", "bin", "obj", "node_modules", "BenchmarkDotNet.Artifacts"];

    /// <summary>Returns paths in the repository, with <c>/</c>, sorted.</summary>
    /// <param name="pattern">For example <c>*.cs</c>.</param>
    public static IReadOnlyList<string> Named(string pattern) =>
        [.. Walk(RepositoryRoot.Path, pattern).Select(static path => Path.GetRelativePath(RepositoryRoot.Path, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    /// <summary>Reads a file of the repository.</summary>
    /// <param name="path">Path in the repository.</param>
    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(RepositoryRoot.Path, path));

    private static IEnumerable<string> Walk(string directory, string pattern) =>
        Directory.EnumerateFiles(directory, pattern).Concat(Directory.EnumerateDirectories(directory)
            .Where(static child => !Made.Contains(Path.GetFileName(child)))
            .SelectMany(child => Walk(child, pattern)));
}
