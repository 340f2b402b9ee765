using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests;

public sealed class AtomicDirectoryTests
{
    [Fact]
    public void Commit_NewPlace_MovesEverythingThere()
    {
        using TemporaryDirectory parent = new();
        string target = parent.File("out");
        using (AtomicDirectory directory = AtomicDirectory.Create(target + Path.DirectorySeparatorChar))
        {
            File.WriteAllText(Path.Combine(directory.StagingPath, "config.json"), "new");
            Assert.False(Directory.Exists(target));
            directory.Commit();
        }

        Assert.Equal(["out"], parent.Names);
        Assert.Equal("new", File.ReadAllText(Path.Combine(target, "config.json")));
    }

    [Fact]
    public void Dispose_WithoutCommit_RemovesEverything()
    {
        using TemporaryDirectory parent = new();
        using (AtomicDirectory directory = AtomicDirectory.Create(parent.File("out")))
        {
            File.WriteAllText(Path.Combine(directory.StagingPath, "config.json"), "new");
        }

        Assert.Empty(parent.Names);
    }

    [Fact]
    public void Commit_OverACheckpoint_ReplacesAllOfIt()
    {
        using TemporaryDirectory parent = new();
        string target = Existing(parent, "config.json", "old.safetensors");
        using (AtomicDirectory directory = AtomicDirectory.Create(target, overwrite: true))
        {
            File.WriteAllText(Path.Combine(directory.StagingPath, "config.json"), "new");
            directory.Commit();
        }

        Assert.Equal(["out"], parent.Names);
        Assert.Equal(["config.json"], Directory.EnumerateFiles(target).Select(Path.GetFileName));
    }

    [Fact]
    public void Dispose_WithoutCommitOverACheckpoint_KeepsIt()
    {
        using TemporaryDirectory parent = new();
        string target = Existing(parent, "config.json", "old.safetensors");
        AtomicDirectory.Create(target, overwrite: true).Dispose();
        Assert.Equal(["out"], parent.Names);
        Assert.Equal(2, Directory.EnumerateFiles(target).Count());
    }

    [Fact]
    public void Create_EmptyDirectory_IsReplaced()
    {
        using TemporaryDirectory parent = new();
        Existing(parent);
        using (AtomicDirectory directory = AtomicDirectory.Create(parent.File("out")))
        {
            directory.Commit();
        }

        Assert.Equal(["out"], parent.Names);
    }

    [Fact]
    public void Create_DirectoryWithFiles_IsRefused()
    {
        using TemporaryDirectory parent = new();
        string target = Existing(parent, "config.json");
        IOException error = Assert.Throws<IOException>(() => AtomicDirectory.Create(target));
        Assert.Equal($"{target}: the directory exists and is not empty; name a new one, or allow it to be overwritten.", error.Message);
        Assert.Equal(["out"], parent.Names);
    }

    [Fact]
    public void Create_OverADirectoryThatIsNoCheckpoint_IsRefused()
    {
        using TemporaryDirectory parent = new();
        string target = Existing(parent, "letters.txt");
        IOException error = Assert.Throws<IOException>(() => AtomicDirectory.Create(target, overwrite: true));
        Assert.Contains("only a checkpoint is overwritten", error.Message, StringComparison.Ordinal);
        Assert.Equal(["out"], parent.Names);
        Assert.True(File.Exists(Path.Combine(target, "letters.txt")));
    }

    [Fact]
    public void Create_OverAFileOrWithoutParent_IsRefused()
    {
        using TemporaryDirectory parent = new();
        string file = parent.Write("out", "x");
        Assert.Contains("there is a file of this name", Assert.Throws<IOException>(() => AtomicDirectory.Create(file, overwrite: true)).Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => AtomicDirectory.Create(Path.Combine(parent.Path, "none", "out")));
        Assert.Equal(["out"], parent.Names);
    }

    [Fact]
    public void Commit_SomethingWasPutThereSince_KeepsIt()
    {
        using TemporaryDirectory parent = new();
        using (AtomicDirectory directory = AtomicDirectory.Create(parent.File("out")))
        {
            Existing(parent, "letters.txt");
            Assert.Throws<IOException>(directory.Commit);
        }

        Assert.Equal(["out"], parent.Names);
        Assert.True(File.Exists(Path.Combine(parent.File("out"), "letters.txt")));
    }

    private static string Existing(TemporaryDirectory parent, params string[] files)
    {
        string target = Directory.CreateDirectory(parent.File("out")).FullName;
        foreach (string file in files)
        {
            File.WriteAllText(Path.Combine(target, file), "old");
        }

        return target;
    }
}
