using OutlierQuant.Testing;

namespace OutlierQuant.Cli.Tests;

/// <summary>A random Llama with a tokenizer that knows single bytes, and a text long enough for a few windows; made once for all tests of a class.</summary>
public sealed class TinyModelFixture : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public TinyModelFixture()
    {
        Model = new RandomCheckpoint { Tokenizer = true, BosOutlier = 40 }.Write(Directory.CreateDirectory(Path.Combine(_directory.Path, "model")).FullName);
        Text = Path.Combine(_directory.Path, "text.txt");
        File.WriteAllText(Text, string.Concat(Enumerable.Range(0, 200).Select(i => $"Line {i} says {i * i % 97}.\n")));
    }

    /// <summary>The checkpoint's directory.</summary>
    public string Model { get; }

    /// <summary>The text file.</summary>
    public string Text { get; }

    /// <summary>A path in the fixture's directory where nothing is yet.</summary>
    public string Fresh(string name) => Path.Combine(_directory.Path, Guid.NewGuid().ToString("N") + name);

    /// <summary>Writes a file in the fixture's directory.</summary>
    public string Write(string name, byte[] bytes)
    {
        string path = Fresh(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Every file and directory of the fixture, with lengths.</summary>
    public string[] Everything() =>
        [.. new DirectoryInfo(_directory.Path).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Select(entry => $"{entry.FullName} {(entry as FileInfo)?.Length}").Order(StringComparer.Ordinal)];

    public void Dispose() => _directory.Dispose();
}
