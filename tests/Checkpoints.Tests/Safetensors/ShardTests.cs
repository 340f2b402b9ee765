using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Safetensors;

public sealed class ShardTests
{
    private const string Index = "model.safetensors.index.json";
    private const string First = "model-00001-of-00002.safetensors";
    private const string Second = "model-00002-of-00002.safetensors";

    [Fact]
    public void Open_TwoShards_GivesTheTensorsOfBoth()
    {
        using TemporaryDirectory directory = new();
        WriteShards(directory);
        directory.Write(Index, $$$"""{"metadata":{"total_size":2.0},"weight_map":{"a":"{{{First}}}","b":"{{{Second}}}"}}""");

        foreach (string place in (string[])[directory.Path, directory.File(Index)])
        {
            using TensorStore store = TensorStore.Open(place);
            Assert.Equal(["a", "b"], store.Tensors.Select(static tensor => tensor.Name));
            Assert.Equal([directory.File(First), directory.File(Second)], store.Tensors.Select(static tensor => tensor.Path));
            Assert.Equal(directory.File(Index), store.Path);
            Assert.Equal([new("format", "pt")], store.Metadata);
        }
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"FIRST","b":@"missing.safetensors"}}""", null, "the shard 'missing.safetensors' is not in the directory")]
    [InlineData("""{"weight_map":{"a":"FIRST","b":@"../SECOND"}}""", null, "a file name ending in .safetensors, without a directory, is required")]
    [InlineData("""{"weight_map":{"a":@"/etc/passwd"}}""", null, "the shard is named '/etc/passwd'")]
    [InlineData("""{"weight_map":{"a":@"C:\\x.safetensors"}}""", null, "without a directory")]
    [InlineData("""{"weight_map":{"a":@"sub\\x.safetensors"}}""", null, "without a directory")]
    [InlineData("""{"weight_map":{"a":@".."}}""", null, "the shard is named '..'")]
    [InlineData("""{"weight_map":{"a":@""}}""", null, "the shard is named ''")]
    [InlineData("""{"weight_map":{"a":@"pytorch_model.bin"}}""", null, "a file name ending in .safetensors")]
    [InlineData("""{"weight_map":{"a":@1}}""", null, "weight_map.a is 1; a string is required")]
    [InlineData("""{"weight_map":@[]}""", null, "weight_map is an array; an object is required")]
    [InlineData("""{"weight_map":@{}}""", null, "weight_map is empty")]
    [InlineData("""{"weight_map":{"a":"FIRST",@"a":"SECOND"}}""", null, "the key 'weight_map.a' appears twice")]
    [InlineData("""{"weight_map":{"a":"FIRST","b":"SECOND","c":@"SECOND"}}""", "c", "which does not hold this tensor")]
    [InlineData("""@{"metadata":{}}""", null, "there is no weight_map")]
    [InlineData("""{"weight_map":{"a":"FIRST"},"other":@1}""", null, "the key 'other' is not known")]
    [InlineData("""{"metadata":@"x","weight_map":{"a":"FIRST"}}""", null, "metadata is 'x'; an object is required")]
    [InlineData("""{"weight_map":{"a":"FIRST"}@""", null, "the file is not valid JSON here")]
    [InlineData("""@[]""", null, "the file is an array; an object is required")]
    public void Open_WrongIndex_NamesPathByteAndTensor(string json, string? tensor, string problem)
    {
        using TemporaryDirectory directory = new();
        WriteShards(directory);
        string text = json.Replace("FIRST", First, StringComparison.Ordinal).Replace("SECOND", Second, StringComparison.Ordinal);
        string path = directory.Write(Index, text.Replace("@", "", StringComparison.Ordinal));

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => TensorStore.Open(directory.Path).Dispose());

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Equal((path, text.IndexOf('@', StringComparison.Ordinal), tensor), (error.Path, error.ByteOffset, error.TensorName));
    }

    [Theory]
    [InlineData("""{"weight_map":{"b":"SECOND","x":"FIRST"}}""", First, "a", "is not in the weight_map of")]
    [InlineData("""{"weight_map":{"a":"SECOND","b":"FIRST"}}""", First, "a", "names 'model-00002-of-00002.safetensors'; they must agree")]
    public void Open_ShardHoldsWhatTheIndexDoesNotSay_NamesShardAndTensor(string json, string shard, string tensor, string problem)
    {
        using TemporaryDirectory directory = new();
        WriteShards(directory);
        directory.Write(Index, json.Replace("FIRST", First, StringComparison.Ordinal).Replace("SECOND", Second, StringComparison.Ordinal));

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => TensorStore.Open(directory.Path).Dispose());

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Equal((directory.File(shard), tensor), (error.Path, error.TensorName));
    }

    [Fact]
    public void Open_NameInTwoShards_IsRefused()
    {
        using TemporaryDirectory directory = new();
        WriteShards(directory);
        File.Copy(directory.File(First), directory.File(Second), overwrite: true);
        directory.Write(Index, $$$"""{"weight_map":{"a":"{{{First}}}","b":"{{{Second}}}"}}""");

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => TensorStore.Open(directory.Path).Dispose());

        Assert.Equal((directory.File(Second), "a"), (error.Path, error.TensorName));
        Assert.Contains($"the tensor is also in {directory.File(First)}; shards must not repeat a name", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_BrokenShard_NamesTheShardAndLeavesNothingOpen()
    {
        using TemporaryDirectory directory = new();
        WriteShards(directory);
        directory.Write(Second, [1, 2, 3]);
        directory.Write(Index, $$$"""{"weight_map":{"a":"{{{First}}}","b":"{{{Second}}}"}}""");

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => TensorStore.Open(directory.Path).Dispose());

        Assert.Equal((directory.File(Second), 3), (error.Path, error.ByteOffset));
        // An open store holds a shared lock, under which this would fail.
        using FileStream exclusive = new(directory.File(First), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.True(exclusive.Length > 0);
    }

    private static void WriteShards(TemporaryDirectory directory)
    {
        directory.Write(First, SafetensorsBytes.File("""{"__metadata__":{"format":"pt","part":"1"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1));
        directory.Write(Second, SafetensorsBytes.File("""{"__metadata__":{"format":"pt","part":"2"},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1));
    }
}
