using OutlierQuant.Checkpoints.Safetensors;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Safetensors;

public sealed class MappedFileTests
{
    [Fact]
    public void Bytes_FileShortenedAfterOpening_IsAnErrorAndNotACrash()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("x", new byte[100_000]);
        using MappedFile file = MappedFile.Open(path, 8);
        using (FileStream shorten = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            shorten.SetLength(5000);
        }

        // Without the check this read ends the process, and with it the test run.
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => file.Bytes(50_000, 10).Length);

        Assert.Equal((path, 5000), (error.Path, error.ByteOffset));
        Assert.Contains("the file was shortened from 100000 to 5000 bytes while it was open", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_FileReplacedByRename_KeepsTheOldContent()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("x", new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 });
        using MappedFile file = MappedFile.Open(path, 8);
        AtomicFile.WriteAllText(path, "");

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], file.Bytes(0, 8).ToArray());
        Assert.Equal(0, new FileInfo(path).Length);
    }

    [Theory]
    [InlineData(-1, 1, "offset")]
    [InlineData(0, -1, "byteCount")]
    [InlineData(1, 8, "byteCount")]
    [InlineData(long.MaxValue, 1, "byteCount")]
    public void Bytes_OutsideTheFile_NamesTheParameter(long offset, int count, string parameter)
    {
        using TemporaryDirectory directory = new();
        using MappedFile file = MappedFile.Open(directory.Write("x", new byte[8]), 8);
        Assert.Throws<ArgumentOutOfRangeException>(parameter, () => file.Bytes(offset, count).Length);
    }
}
