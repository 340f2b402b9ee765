using System.Buffers.Binary;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Safetensors;

public sealed class HeaderLengthTests
{
    public static TheoryData<byte[], long, string> WrongStarts => new()
    {
        { [], 0, "the file ends after 0 bytes; at least 8 are required" },
        { [2, 0, 0, 0, 0, 0, 0], 7, "the file ends after 7 bytes; at least 8 are required" },
        { [0, 0, 0, 0, 0, 0, 0, 0], 8, "the header is empty; it must start with '{'" },
        { [2, 0, 0, 0, 0, 0, 0, 0, (byte)'['], 0, "the header length is 2 bytes, but only 1 follow it" },
        { [2, 0, 0, 0, 0, 0, 0, 0, (byte)'[', (byte)']'], 8, "the header starts with byte 0x5b; it must start with '{'" },
        { [3, 0, 0, 0, 0, 0, 0, 0, (byte)' ', (byte)'{', (byte)'}'], 8, "the header starts with byte 0x20; it must start with '{'" },
        { [3, 0, 0, 0, 0, 0, 0, 0, 0xEF, 0xBB, 0xBF], 8, "the header starts with byte 0xef; it must start with '{'" },
        { [0x01, 0xE1, 0xF5, 0x05, 0, 0, 0, 0, (byte)'{', (byte)'}'], 0, "the header length is 100000001 bytes; at most 100000000 are allowed" },
        { [0x00, 0xE1, 0xF5, 0x05, 0, 0, 0, 0, (byte)'{', (byte)'}'], 0, "the header length is 100000000 bytes, but only 2 follow it" },
        { [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, (byte)'{', (byte)'}'], 0, "the header length is 18446744073709551615 bytes; at most 100000000 are allowed" },
        { [0, 0, 0, 0, 0, 0, 0, 0x80, (byte)'{', (byte)'}'], 0, "the header length is 9223372036854775808 bytes" },
        { [0xF8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, (byte)'{', (byte)'}'], 0, "the header length is 9223372036854775800 bytes" },
        { [(byte)'P', (byte)'K', 3, 4, 0, 0, 0, 8, 8, 0], 0, "is this a safetensors file?" },
        { [6, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)'}'], 10, "not valid UTF-8" },
        { [6, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'"', (byte)'"', 0xED, 0xA0, 0x80], 11, "not valid UTF-8" },
        { [4, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}', 0xE2, 0x82], 10, "not valid UTF-8" },
    };

    [Theory]
    [MemberData(nameof(WrongStarts))]
    public void Open_WrongStart_NamesTheByte(byte[] file, long byteOffset, string problem)
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("x.safetensors", file);

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => TensorStore.Open(path).Dispose());

        Assert.Equal((path, byteOffset, null), (error.Path, error.ByteOffset, error.TensorName));
        Assert.StartsWith($"{path}: byte {byteOffset}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_HeaderLengthAboveTheCapInALargeFile_AllocatesNothingForIt()
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("bomb.safetensors");
        using (FileStream stream = File.Create(path))
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, 3_000_000_000);
            stream.Write(length);
            stream.SetLength(4_000_000_000);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<CheckpointFormatException>(() => TensorStore.Open(path).Dispose());

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void Open_EveryTruncationOfAValidFile_IsRefused()
    {
        using TemporaryDirectory directory = new();
        byte[] valid = SafetensorsBytes.File(
            """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}}  """, 19);
        TensorStore.Open(directory.Write("whole.safetensors", valid)).Dispose();

        for (int length = 0; length < valid.Length; length++)
        {
            string path = directory.Write("cut.safetensors", valid.AsSpan(0, length));
            CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => TensorStore.Open(path).Dispose());
            Assert.Equal(path, error.Path);
        }
    }

    [Fact]
    public void Open_EveryChangedByteOfAHeader_IsRefusedOrStaysConsistent()
    {
        using TemporaryDirectory directory = new();
        byte[] valid = SafetensorsBytes.File("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""", 3);
        int refused = 0;
        for (int position = 0; position < valid.Length - 3; position++)
        {
            foreach (byte value in (byte[])[0, 0x22, 0x2D, 0x30, 0x39, 0x5B, 0x7B, 0xFF])
            {
                byte[] changed = [.. valid];
                changed[position] = value;
                string path = directory.Write("changed.safetensors", changed);
                try
                {
                    using TensorStore store = TensorStore.Open(path);
                    Assert.Equal(3, Assert.Single(store.Tensors).ByteLength);
                    Assert.Equal([0, 1, 2], store.Tensors[0].Bytes(0, 3).ToArray());
                }
                catch (CheckpointFormatException)
                {
                    refused++;
                }
            }
        }

        Assert.InRange(refused, 200, int.MaxValue);
    }
}
