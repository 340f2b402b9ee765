namespace OutlierQuant.Testing;

/// <summary>Trained models and texts that lie beside the repository on some machines: the directory <c>shared</c>.</summary>
/// <remarks>Tests that need it carry <see cref="SharedFactAttribute"/> or <see cref="SharedTheoryAttribute"/> and are skipped where it is absent.</remarks>
public static class SharedData
{
    /// <summary>Gets the full path of the directory, or null where it is absent.</summary>
    public static string? Directory { get; } = Find();

    internal static string? SkipReason => Directory is null
        ? $"needs the directory 'shared' beside {RepositoryRoot.Path}, which is not on this machine"
        : null;

    /// <summary>Gets a path in the directory, for example <c>models/tiny-llama</c>.</summary>
    /// <param name="relativePath">Path with <c>/</c> between its parts.</param>
    /// <returns>The full path of a file or directory that exists.</returns>
    public static string Require(string relativePath)
    {
        string path = Path.Combine(Directory ?? throw new DirectoryNotFoundException(SkipReason), relativePath);
        return Path.Exists(path) ? path : throw new FileNotFoundException($"The shared data has no {relativePath}.", path);
    }

    private static string? Find()
    {
        string path = Path.GetFullPath(Path.Combine(RepositoryRoot.Path, "..", "shared"));
        return System.IO.Directory.Exists(path) ? path : null;
    }
}
