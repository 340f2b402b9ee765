using System.Buffers.Binary;
using System.Text;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Safetensors;

public sealed class LargeFileTests
{
    [Theory]
    [InlineData(2_200_000_000L)]
    [InlineData(5_000_000_000L)]
    public void Bytes_TensorBehindAndAcrossTheLimitOfInt32_AreRead(long bigElements)
    {
        // The file is sparse: it occupies a few pages of disk, and only those are read.
        using TemporaryDirectory directory = new();
        string json = $$$"""{"big":{"dtype":"U8","shape":[{{{bigElements}}}],"data_offsets":[0,{{{bigElements}}}]},"last":{"dtype":"F32","shape":[2],"data_offsets":[{{{bigElements}}},{{{bigElements + 8}}}]}}""";
        string path = directory.File("model.safetensors");
        using (FileStream file = File.Create(path))
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
            file.Write(length);
            file.Write(Encoding.ASCII.GetBytes(json));
            file.Seek(bigElements - 1, SeekOrigin.Current);
            file.Write([77, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]);
        }

        using TensorStore store = TensorStore.Open(path);
        Tensor big = store.Require("big", bigElements);
        Tensor last = store.Require("last", 2);

        Assert.Equal(bigElements, big.ElementCount);
        Assert.Equal([0, 0, 77], big.Bytes(bigElements - 3, 3).ToArray());
        Assert.Equal([77], big.Elements<byte>(bigElements - 1, 1).ToArray());
        Assert.Equal(8 + json.Length + bigElements, last.ByteOffset);
        float[] values = new float[2];
        last.ReadAsFloat(0, values);
        Assert.Equal([1f, -2f], values);
        Assert.Throws<ArgumentOutOfRangeException>("count", () => big.Elements<byte>(bigElements - 1, 2).Length);
    }

    [Fact]
    public void Elements_SpanOfMoreThan2Gigabytes_HasAllItsElements()
    {
        const int Count = 300_000_000;
        const long Bytes = 8L * Count;
        using TemporaryDirectory directory = new();
        string json = $$$"""{"a":{"dtype":"F64","shape":[{{{Count}}}],"data_offsets":[0,{{{Bytes}}}]}}""";
        string path = directory.Write("model.safetensors", SafetensorsBytes.File(json, 0));
        using (FileStream file = new(path, FileMode.Append))
        {
            file.SetLength(file.Length + Bytes - 8);
            file.Seek(0, SeekOrigin.End);
            file.Write(BitConverter.GetBytes(-0.5));
        }

        using TensorStore store = TensorStore.Open(path);
        ReadOnlySpan<double> elements = store.Require("a").Elements<double>(0, Count);

        Assert.Equal(Count, elements.Length);
        Assert.Equal((0.0, -0.5), (elements[0], elements[^1]));
    }
}
