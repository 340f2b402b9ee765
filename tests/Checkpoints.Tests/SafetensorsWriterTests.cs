using System.Text;
using OutlierQuant.Checkpoints.Tests.Safetensors;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests;

public sealed class SafetensorsWriterTests
{
    [Fact]
    public void Write_SmallFile_HasExactlyTheseBytes()
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("x.safetensors");
        TensorToWrite[] tensors =
        [
            TensorToWrite.From<byte>("z", TensorType.U8, [2], new byte[] { 1, 2 }),
            TensorToWrite.From<bool>("Z", TensorType.Bool, [], new[] { true }),
            TensorToWrite.From<short>("b", TensorType.I16, [1, 1], new short[] { 0x0403 }),
            TensorToWrite.From<double>("é", TensorType.F64, [1], new[] { 1.0 }),
        ];

        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" });

        const string Json = """{"__metadata__":{"a":"1","b":"2"},"é":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"I16","shape":[1,1],"data_offsets":[8,10]},"Z":{"dtype":"BOOL","shape":[],"data_offsets":[10,11]},"z":{"dtype":"U8","shape":[2],"data_offsets":[11,13]}}""";
        byte[] header = Encoding.UTF8.GetBytes(Json);
        int padded = (header.Length + 7) / 8 * 8;
        byte[] expected = [(byte)padded, (byte)(padded >> 8), 0, 0, 0, 0, 0, 0, .. header, .. Enumerable.Repeat((byte)' ', padded - header.Length), 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 3, 4, 1, 1, 2];
        Assert.Equal(expected, File.ReadAllBytes(path));
        Assert.Equal(["x.safetensors"], directory.Names);
    }

    [Fact]
    public void Write_WhatAnotherWriterMade_KeepsEveryTensor()
    {
        using TemporaryDirectory directory = new();
        string source = directory.Write("source.safetensors", SafetensorsBytes.File(
            """{"b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"a":{"dtype":"F32","shape":[1],"data_offsets":[3,7]}}""", 7));
        using TensorStore store = TensorStore.Open(source);
        SafetensorsWriter.Write(directory.File("copy.safetensors"), [.. store.Tensors.Select(tensor => TensorToWrite.Copy(tensor, "new." + tensor.Name))]);

        using TensorStore copy = TensorStore.Open(directory.File("copy.safetensors"));
        Assert.Equal(["new.a", "new.b"], copy.Tensors.Select(static tensor => tensor.Name));
        Assert.Equal([3, 4, 5, 6], copy.Require("new.a", 1).Bytes(0, 4).ToArray());
        Assert.Equal([0, 1, 2], copy.Require("new.b", 3).Bytes(0, 3).ToArray());
    }

    [Fact]
    public void Write_OverTheFileThatIsMapped_KeepsTheMappingValid()
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("x.safetensors");
        SafetensorsWriter.Write(path, [TensorToWrite.From<int>("a", TensorType.I32, [3], new[] { 1, 2, 3 })]);
        using TensorStore old = TensorStore.Open(path);

        SafetensorsWriter.Write(path, [TensorToWrite.Copy(old.Require("a"), "b")]);

        Assert.Equal([1, 2, 3], old.Require("a").Elements<int>(0, 3).ToArray());
        using TensorStore renamed = TensorStore.Open(path);
        Assert.Equal([1, 2, 3], renamed.Require("b").Elements<int>(0, 3).ToArray());
    }

    [Fact]
    public void Write_Progress_RisesToTheSizeOfTheFile()
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("x.safetensors");
        List<(long Written, long Total)> reports = [];

        SafetensorsWriter.Write(path, [TensorToWrite.From<byte>("a", TensorType.U8, [3_000_000], new byte[3_000_000])], progress: (written, total) => reports.Add((written, total)));

        long size = new FileInfo(path).Length;
        Assert.True(reports.Count > 3);
        Assert.Equal(reports.OrderBy(static report => report.Written), reports);
        Assert.All(reports, report => Assert.Equal(size, report.Total));
        Assert.Equal(size, reports[^1].Written);
    }

    public static TheoryData<string, TensorToWrite[], string> WrongTensors => new()
    {
        { "repeated name", [Bytes("a", 1), Bytes("a", 1)], "The tensor name 'a' is repeated or reserved" },
        { "reserved name", [Bytes("__metadata__", 1)], "The tensor name '__metadata__' is repeated or reserved" },
        { "half a character", [Bytes("a\ud800", 1)], "'a\\ud800' has half of a surrogate pair at index 1" },
        { "negative dimension", [new TensorToWrite("a", TensorType.U8, [-1], static _ => { })], "The shape of 'a' is [-1]" },
        { "too many dimensions", [new TensorToWrite("a", TensorType.U8, new long[65], static _ => { })], "at most 64 dimensions" },
        { "shape overflow", [new TensorToWrite("a", TensorType.F64, [long.MaxValue / 2], static _ => { })], "ends after byte 9223372036854775807" },
        { "sum overflow", [new TensorToWrite("a", TensorType.U8, [long.MaxValue], static _ => { }), Bytes("b", 1)], "'b', [1], ends after byte 9223372036854775807" },
    };

    [Theory]
    [MemberData(nameof(WrongTensors))]
    public void Write_WrongTensor_IsRefusedBeforeAnythingIsWritten(string reason, TensorToWrite[] tensors, string problem)
    {
        using TemporaryDirectory directory = new();
        ArgumentException error = Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(directory.File("x.safetensors"), tensors));
        Assert.True(error.Message.Contains(problem, StringComparison.Ordinal), $"{reason}: {error.Message}");
        Assert.Empty(directory.Names);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void Write_TensorThatWritesAnotherNumberOfBytes_LeavesTheOldFile(int bytes)
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("x.safetensors", "old");
        TensorToWrite wrong = new("a", TensorType.U8, [4], stream => stream.Write(new byte[bytes]));

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => SafetensorsWriter.Write(path, [wrong]));

        Assert.Contains($"'a' wrote {bytes} bytes, but its shape [4] of U8 needs 4", error.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["x.safetensors"], directory.Names);
    }

    [Fact]
    public void Write_MetadataWithHalfACharacter_IsRefused()
    {
        using TemporaryDirectory directory = new();
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(directory.File("x"), [], new Dictionary<string, string> { ["k"] = "\udc00" }));
        Assert.Empty(directory.Names);
    }

    [Fact]
    public void From_WrongElements_IsRefused()
    {
        Assert.Throws<ArgumentException>("type", () => TensorToWrite.From<int>("a", TensorType.I64, [1], new[] { 1 }));
        Assert.Throws<ArgumentException>("elements", () => TensorToWrite.From<int>("a", TensorType.I32, [2, 2], new[] { 1 }));
    }

    private static TensorToWrite Bytes(string name, int count) => TensorToWrite.From<byte>(name, TensorType.U8, [count], new byte[count]);
}
