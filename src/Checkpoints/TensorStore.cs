using System.Diagnostics.CodeAnalysis;
using OutlierQuant.Checkpoints.Safetensors;

namespace OutlierQuant.Checkpoints;

/// <summary>The tensors of a checkpoint, memory-mapped: one safetensors file, or the shards that an index lists.</summary>
/// <remarks>Only headers are read when a store is opened; the operating system reads weights when they are used. Files and
/// tensors above 2 GB are supported. Members may be called from several threads, but not while the store is disposed.</remarks>
public sealed class TensorStore : IDisposable
{
    internal const string SingleFileName = "model.safetensors";
    internal const string IndexFileName = "model.safetensors.index.json";

    private readonly List<MappedFile> _files = [];
    private readonly Dictionary<string, Tensor> _byName = [];

    private TensorStore(string path) => Path = path;

    /// <summary>Gets the tensors, sorted by name (ordinal).</summary>
    public IReadOnlyList<Tensor> Tensors { get; private set; } = [];

    /// <summary>Gets the free-form strings of the file. Of several shards: those on which all shards that have the key agree.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = new Dictionary<string, string>();

    /// <summary>Gets the safetensors file or the index that was opened.</summary>
    public string Path { get; }

    /// <summary>Gets the size of the mapped files together, headers included, in bytes.</summary>
    public long ByteLength => _files.Sum(static file => file.Length);

    /// <summary>Opens a safetensors file, an index (<c>*.index.json</c>), or a directory that holds <c>model.safetensors</c> or <c>model.safetensors.index.json</c>.</summary>
    /// <remarks>A directory that has both is read as transformers does: the single file is taken.</remarks>
    /// <param name="fileOrDirectory">Path.</param>
    /// <returns>The store, to be disposed by the caller.</returns>
    /// <exception cref="FileNotFoundException">There is no such file, or the directory holds neither.</exception>
    /// <exception cref="CheckpointFormatException">A file breaks the format.</exception>
    public static TensorStore Open(string fileOrDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(fileOrDirectory);
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Safetensors files are little-endian and are mapped as they are; this machine is big-endian.");
        }

        string path = Locate(fileOrDirectory);
        TensorStore store = new(path);
        try
        {
            if (path.EndsWith(".json", StringComparison.Ordinal))
            {
                store.AddShards(ShardIndex.Read(path));
            }
            else
            {
                store.Metadata = store.AddFile(path).Metadata;
            }
        }
        catch
        {
            store.Dispose();
            throw;
        }

        store.Tensors = [.. store._byName.Values.OrderBy(static tensor => tensor.Name, StringComparer.Ordinal)];
        return store;
    }

    /// <summary>Finds a tensor by name.</summary>
    /// <param name="name">Name, for example <c>model.norm.weight</c>.</param>
    /// <param name="tensor">The tensor, or null when there is none of this name.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(string name, [NotNullWhen(true)] out Tensor? tensor) => _byName.TryGetValue(name, out tensor);

    /// <summary>Gets a tensor that the model needs.</summary>
    /// <param name="name">Name, for example <c>model.norm.weight</c>.</param>
    /// <param name="shape">The shape that it must have. Empty for any shape.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="CheckpointFormatException">It is missing (the message lists the nearest names), or has another shape.</exception>
    public Tensor Require(string name, params ReadOnlySpan<long> shape)
    {
        if (!TryGet(name, out Tensor? tensor))
        {
            throw new CheckpointFormatException(Path, 0, $"there is no tensor of this name; the model needs it{NearestNames.Describe(name, Tensors)}", name);
        }

        if (!shape.IsEmpty && !shape.SequenceEqual([.. tensor.Shape]))
        {
            throw tensor.Wrong($"the shape is [{string.Join(", ", tensor.Shape)}]; the model needs [{string.Join(", ", shape.ToArray())}]");
        }

        return tensor;
    }

    /// <summary>Unmaps the files. Spans of their tensors must not be used afterwards.</summary>
    public void Dispose()
    {
        foreach (MappedFile file in _files)
        {
            file.Dispose();
        }
    }

    private static string Locate(string fileOrDirectory)
    {
        if (File.Exists(fileOrDirectory))
        {
            return fileOrDirectory;
        }

        if (!Directory.Exists(fileOrDirectory))
        {
            throw new FileNotFoundException($"{fileOrDirectory}: there is no such file or directory; a checkpoint directory or a safetensors file is needed.", fileOrDirectory);
        }

        foreach (string name in (string[])[SingleFileName, IndexFileName])
        {
            string path = System.IO.Path.Combine(fileOrDirectory, name);
            if (File.Exists(path))
            {
                return path;
            }
        }

        string pickle = System.IO.Path.Combine(fileOrDirectory, "pytorch_model.bin");
        string hint = File.Exists(pickle) ? " pytorch_model.bin is not read, because a pickle can run code: convert it to safetensors." : "";
        throw new FileNotFoundException($"{fileOrDirectory}: the directory has neither {SingleFileName} nor {IndexFileName}; one is needed.{hint}", fileOrDirectory);
    }

    private SafetensorsHeader AddFile(string path)
    {
        MappedFile file = MappedFile.Open(path, SafetensorsHeader.LengthBytes);
        _files.Add(file);
        SafetensorsHeader header = SafetensorsHeader.Read(file);
        foreach (TensorEntry entry in header.Tensors)
        {
            Tensor tensor = new(file, entry, header.BufferOffset + entry.Begin);
            if (!_byName.TryAdd(entry.Name, tensor))
            {
                throw new CheckpointFormatException(path, entry.HeaderOffset, $"the tensor is also in {_byName[entry.Name].Path}; shards must not repeat a name", entry.Name);
            }
        }

        return header;
    }

    private void AddShards(ShardIndex index)
    {
        Dictionary<string, string?> metadata = [];
        foreach (string shard in index.Files)
        {
            SafetensorsHeader header = AddFile(shard);
            foreach (TensorEntry entry in header.Tensors)
            {
                index.RequireListed(entry, shard);
            }

            foreach ((string key, string value) in header.Metadata)
            {
                metadata[key] = metadata.TryGetValue(key, out string? other) && other != value ? null : value;
            }
        }

        index.RequireAllPresent(_byName);
        Metadata = metadata.Where(static pair => pair.Value is not null).ToDictionary(static pair => pair.Key, static pair => pair.Value!);
    }
}
