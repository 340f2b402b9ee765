using System.Text.Json;
using OutlierQuant.Checkpoints.Json;

namespace OutlierQuant.Checkpoints.Safetensors;

/// <summary>A <c>model.safetensors.index.json</c>: which shard holds which tensor.</summary>
/// <remarks>Shards lie beside the index: a name with a directory in it is refused, so that an index cannot point anywhere else.</remarks>
internal sealed class ShardIndex
{
    private const int LargestFileBytes = 32 << 20;

    private readonly string _path;
    private readonly string _directory;
    private readonly Dictionary<string, JsonItem> _shardOfTensor = [];

    private ShardIndex(string path)
    {
        _path = path;
        _directory = Path.GetDirectoryName(path) ?? "";
    }

    /// <summary>Gets the paths of the shards, each once, sorted by name.</summary>
    public IReadOnlyList<string> Files { get; private set; } = [];

    /// <summary>Reads an index and checks that its shards exist.</summary>
    /// <exception cref="CheckpointFormatException">The index breaks its format, or a shard is missing.</exception>
    public static ShardIndex Read(string path)
    {
        JsonItem root = JsonItem.ReadFile(path, LargestFileBytes);
        root.RefuseKeysExcept("metadata", "weight_map");
        root.Find("metadata")?.RequireKind(JsonValueKind.Object);
        ShardIndex index = new(path);
        Dictionary<string, JsonItem> files = [];
        foreach ((string tensor, JsonItem shard) in root.Require("weight_map").Properties)
        {
            index._shardOfTensor.Add(tensor, shard);
            files.TryAdd(shard.AsText(), shard);
        }

        if (files.Count == 0)
        {
            throw root.Require("weight_map").Wrong("weight_map is empty; it must name the shard of every tensor");
        }

        foreach ((string name, JsonItem place) in files)
        {
            index.RequireShard(name, place);
        }

        index.Files = [.. files.Keys.Order(StringComparer.Ordinal).Select(name => Path.Combine(index._directory, name))];
        return index;
    }

    /// <summary>Checks that the index lists a tensor of a shard, in that shard.</summary>
    public void RequireListed(TensorEntry entry, string shard)
    {
        if (!_shardOfTensor.TryGetValue(entry.Name, out JsonItem? listed))
        {
            throw new CheckpointFormatException(shard, entry.HeaderOffset, $"the tensor is not in the weight_map of {_path}; an index must list every tensor", entry.Name);
        }

        if (listed.AsText() != Path.GetFileName(shard))
        {
            throw new CheckpointFormatException(shard, entry.HeaderOffset, $"the tensor is in this file, but the weight_map of {_path} names {Quotation.Of(listed.AsText())}; they must agree", entry.Name);
        }
    }

    /// <summary>Checks that every listed tensor was found.</summary>
    public void RequireAllPresent(Dictionary<string, Tensor> found)
    {
        foreach ((string name, JsonItem shard) in _shardOfTensor)
        {
            if (!found.ContainsKey(name))
            {
                throw new CheckpointFormatException(_path, shard.ByteOffset, $"the weight_map names {Quotation.Of(shard.AsText())}, which does not hold this tensor; every listed tensor must be in its shard", name);
            }
        }
    }

    private void RequireShard(string name, JsonItem place)
    {
        if (name.Length == 0 || name is "." or ".." || name.IndexOfAny(['/', '\\', ':', '\0']) >= 0 || !name.EndsWith(".safetensors", StringComparison.Ordinal))
        {
            throw place.Wrong($"the shard is named {Quotation.Of(name)}; a file name ending in .safetensors, without a directory, is required");
        }

        if (!File.Exists(Path.Combine(_directory, name)))
        {
            throw place.Wrong($"the shard {Quotation.Of(name)} is not in the directory; every shard that the weight_map names must be there");
        }
    }
}
