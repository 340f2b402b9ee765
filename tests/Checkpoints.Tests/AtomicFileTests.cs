using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests;

public sealed class AtomicFileTests
{
    [Fact]
    public void Write_NewFile_IsThereOnlyWhenComplete()
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("x");
        AtomicFile.Write(path, stream =>
        {
            stream.Write([1, 2]);
            Assert.False(File.Exists(path));
            stream.WriteByte(3);
            stream.Write(new byte[] { 9, 4, 9 }, 1, 1);
        });
        Assert.Equal([1, 2, 3, 4], File.ReadAllBytes(path));
        Assert.Equal(["x"], directory.Names);
    }

    [Fact]
    public void WriteAllText_HasNoByteOrderMark()
    {
        using TemporaryDirectory directory = new();
        AtomicFile.WriteAllText(directory.File("x"), "é");
        Assert.Equal([0xC3, 0xA9], File.ReadAllBytes(directory.File("x")));
    }

    [Fact]
    public void Write_StreamFails_LeavesTheOldFileAndNothingElse()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("x", "old");
        IOException thrown = Assert.Throws<IOException>(() => AtomicFile.Write(path, static stream =>
        {
            stream.Write(new byte[100_000]);
            throw new IOException("No space left on device");
        }));
        Assert.Equal("No space left on device", thrown.Message);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["x"], directory.Names);
    }

    [Fact]
    public void Write_CancelledInTheMiddleOfOneLargeWrite_LeavesNothing()
    {
        using TemporaryDirectory directory = new();
        using CancellationTokenSource source = new();
        long seen = 0;
        Assert.Throws<OperationCanceledException>(() => SafetensorsWriter.Write(
            directory.File("x"),
            [new TensorToWrite("a", TensorType.U8, [20_000_000], static stream => stream.Write(new byte[20_000_000]))],
            progress: (written, _) =>
            {
                seen = written;
                source.Cancel();
            },
            cancellation: source.Token));
        Assert.InRange(seen, 1, 10_000_000);
        Assert.Empty(directory.Names);
    }

    [Fact]
    public void Write_CancelledAfterTheLastWrite_LeavesNothing()
    {
        using TemporaryDirectory directory = new();
        using CancellationTokenSource source = new();
        Assert.Throws<OperationCanceledException>(() => AtomicFile.Write(directory.File("x"), stream =>
        {
            stream.Write([1]);
            source.Cancel();
        }, source.Token));
        Assert.Empty(directory.Names);
    }

    [Fact]
    public void Write_PlaceIsADirectoryOrHasNone_IsRefused()
    {
        using TemporaryDirectory directory = new();
        IOException taken = Assert.Throws<IOException>(() => AtomicFile.Write(directory.Path, static _ => { }));
        Assert.Contains("there is a directory of this name", taken.Message, StringComparison.Ordinal);
        DirectoryNotFoundException missing = Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Write(Path.Combine(directory.Path, "none", "x"), static _ => { }));
        Assert.Contains("there is no directory", missing.Message, StringComparison.Ordinal);
        Assert.Empty(directory.Names);
    }

    [SmallDiskFact]
    public void Write_DiskIsFull_LeavesTheOldFileAndNothingElse()
    {
        using SmallDisk disk = SmallDisk.Mount();
        string path = Path.Combine(disk.Path, "x.safetensors");
        File.WriteAllText(path, "old");

        IOException error = Assert.ThrowsAny<IOException>(() => SafetensorsWriter.Write(path, [TensorToWrite.From<byte>("a", TensorType.U8, [4 << 20], new byte[4 << 20])]));

        Assert.Contains(disk.Path, error.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.EnumerateFileSystemEntries(disk.Path));
    }
}
