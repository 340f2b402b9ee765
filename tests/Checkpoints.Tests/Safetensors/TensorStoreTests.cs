using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Safetensors;

public sealed class TensorStoreTests
{
    [Fact]
    public void Open_HandWrittenFile_GivesNamesTypesShapesPlacesAndBytes()
    {
        const string Json = """{"__metadata__":{"format":"pt","é":""},"b":{"dtype":"I16","shape":[1,2],"data_offsets":[0,4]},"a":{"data_offsets":[4,5],"shape":[],"dtype":"BOOL"},"empty":{"dtype":"F64","shape":[3,0],"data_offsets":[5,5]}}  """;
        using TemporaryDirectory directory = new();
        string path = directory.Write("model.safetensors", SafetensorsBytes.File(Json, 5));
        using TensorStore store = TensorStore.Open(directory.Path);

        Assert.Equal(["a", "b", "empty"], store.Tensors.Select(static tensor => tensor.Name));
        Assert.Equal([new("format", "pt"), new("é", "")], store.Metadata.OrderBy(static pair => pair.Key, StringComparer.Ordinal));
        Assert.Equal((path, new FileInfo(path).Length), (store.Path, store.ByteLength));
        Tensor b = store.Require("b", 1, 2);
        Assert.Equal((TensorType.I16, 2, 4, path, new FileInfo(path).Length - 5), (b.Type, b.ElementCount, b.ByteLength, b.Path, b.ByteOffset));
        Assert.Equal([0x0100, 0x0302], b.Elements<short>(0, 2).ToArray());
        Tensor a = store.Require("a");
        Assert.Equal((TensorType.Bool, 1), (a.Type, a.ElementCount));
        Assert.Empty(a.Shape);
        Assert.Equal([4], a.Bytes(0, 1).ToArray());
        Assert.Equal([3L, 0L], store.Require("empty").Shape);
        Assert.Equal(0, store.Require("empty").ElementCount);
        Assert.Equal("b I16 [1, 2]", b.ToString());
    }

    [Fact]
    public void Open_FileWithoutTensors_IsValid()
    {
        using TemporaryDirectory directory = new();
        using TensorStore store = TensorStore.Open(directory.Write("x.safetensors", SafetensorsBytes.File("{}", 0)));
        Assert.Empty(store.Tensors);
        Assert.Empty(store.Metadata);
    }

    [Fact]
    public void Require_MissingTensor_SuggestsTheNearestNames()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("x.safetensors", SafetensorsBytes.File(
            """{"h.0.attn.weight":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"zebra":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2));
        using TensorStore store = TensorStore.Open(path);

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => store.Require("h.1.attn.weight"));

        Assert.Equal((path, "h.1.attn.weight"), (error.Path, error.TensorName));
        Assert.Equal($"{path}: byte 0, tensor 'h.1.attn.weight': there is no tensor of this name; the model needs it (nearest names: 'h.0.attn.weight').", error.Message);
        Assert.False(store.TryGet("h.1.attn.weight", out _));
    }

    [Fact]
    public void Require_OtherShape_TellsBoth()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("x.safetensors", SafetensorsBytes.File("""{"a":{"dtype":"U8","shape":[2,3],"data_offsets":[0,6]}}""", 6));
        using TensorStore store = TensorStore.Open(path);

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => store.Require("a", 3, 2));

        Assert.Equal($"{path}: byte {new FileInfo(path).Length - 6}, tensor 'a': the shape is [2, 3]; the model needs [3, 2].", error.Message);
    }

    [Fact]
    public void Open_NothingThere_SaysWhatIsNeeded()
    {
        using TemporaryDirectory directory = new();
        FileNotFoundException none = Assert.Throws<FileNotFoundException>(() => TensorStore.Open(directory.File("none")));
        Assert.Contains("there is no such file or directory; a checkpoint directory or a safetensors file is needed", none.Message, StringComparison.Ordinal);

        FileNotFoundException empty = Assert.Throws<FileNotFoundException>(() => TensorStore.Open(directory.Path));
        Assert.Contains("neither model.safetensors nor model.safetensors.index.json", empty.Message, StringComparison.Ordinal);

        directory.Write("pytorch_model.bin", "x");
        FileNotFoundException pickle = Assert.Throws<FileNotFoundException>(() => TensorStore.Open(directory.Path));
        Assert.Contains("convert it to safetensors", pickle.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_AfterDispose_ThrowsInsteadOfReadingUnmappedMemory()
    {
        using TemporaryDirectory directory = new();
        TensorStore store = TensorStore.Open(directory.Write("x.safetensors", SafetensorsBytes.File("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1)));
        Tensor tensor = store.Require("a");
        store.Dispose();
        store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tensor.Bytes(0, 1).Length);
    }
}
