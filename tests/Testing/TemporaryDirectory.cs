namespace OutlierQuant.Testing;

/// <summary>An empty directory that is removed with all it holds when it is disposed.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    /// <summary>Gets the full path.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("outlierquant-test-").FullName;

    /// <summary>Gets the names in the directory, sorted; files and directories.</summary>
    public IReadOnlyList<string> Names => [.. Directory.EnumerateFileSystemEntries(Path).Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal)!];

    /// <summary>Gets the path of a file in the directory, which need not exist.</summary>
    /// <param name="name">Name of the file.</param>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file of the directory.</summary>
    /// <param name="name">Name of the file.</param>
    /// <param name="content">Bytes of the file.</param>
    /// <returns>The file's path.</returns>
    public string Write(string name, ReadOnlySpan<byte> content)
    {
        string path = File(name);
        System.IO.File.WriteAllBytes(path, content.ToArray());
        return path;
    }

    /// <summary>Writes a text file of the directory, as UTF-8 without a byte order mark.</summary>
    /// <param name="name">Name of the file.</param>
    /// <param name="content">Text of the file.</param>
    /// <returns>The file's path.</returns>
    public string Write(string name, string content) => Write(name, System.Text.Encoding.UTF8.GetBytes(content));

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
