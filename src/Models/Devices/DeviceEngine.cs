using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Blocks;
using OutlierQuant.Models.Engines;

namespace OutlierQuant.Models.Devices;

/// <summary>Computes on a device: numbers of tokens go there, and what an observer, a transform of the host or a consumer wants comes back.</summary>
internal sealed class DeviceEngine : IForwardEngine
{
    private readonly DeviceKeyValueCache[] _caches;
    private readonly bool _keepsSequence;
    private (RotaryEmbedding Rotary, int FirstPosition, int Tokens)? _rotated;

    /// <summary>Creates an engine.</summary>
    /// <param name="model">The model.</param>
    /// <param name="device">The device.</param>
    /// <param name="keepsSequence">Whether keys and values are kept from stream to stream, which then continue one sequence; otherwise every stream is a sequence.</param>
    public DeviceEngine(TransformerModel model, ModelDevice device, bool keepsSequence)
    {
        (Model, Device, _keepsSequence) = (model, device, keepsSequence);
        Scratch = new DeviceScratch(device);
        _caches = [.. Enumerable.Range(0, keepsSequence ? model.Blocks.Count : 1).Select(_ => new DeviceKeyValueCache(device, model.Config.KeyValueHeadCount, model.Config.HeadSize))];
        for (int block = 0; keepsSequence && block < _caches.Length; block++)
        {
            _caches[block].Restart(model.ConstantsOf(block));
        }
    }

    /// <summary>Gets the model.</summary>
    public TransformerModel Model { get; }

    /// <summary>Gets the device.</summary>
    public ModelDevice Device { get; }

    /// <summary>Gets the buffers of a block.</summary>
    public DeviceScratch Scratch { get; }

    /// <inheritdoc/>
    public IForwardStream Start(SequenceChunk chunk, int window, IForwardObserver? observer)
    {
        int tokens = chunk.TokenIds.Length;
        DeviceBuffer hidden = Device.Allocate(sizeof(float) * (long)tokens * Model.Config.HiddenSize, $"the residual stream of {tokens} tokens");
        DeviceStream stream = new(this, hidden, chunk, window, observer);
        try
        {
            // Memory first: the table is the last to give way to it.
            DeviceBuffer numbers = Scratch.Take(DeviceScratch.Part.Rows, tokens, 1);
            stream.Measure(ForwardPart.Embedding, () => Device.EmbeddingOf(Model.Embedding).Read(chunk, numbers, hidden));
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The cache of a block, with what it holds of this sequence.</summary>
    public DeviceKeyValueCache CacheOf(int block)
    {
        if (_keepsSequence)
        {
            return _caches[block];
        }

        // Windows go through a block one after the other, so they can share the memory.
        _caches[0].Restart(Model.ConstantsOf(block));
        return _caches[0];
    }

    /// <summary>Cosines and sines of a chunk's positions; every block asks for the same.</summary>
    public DeviceBuffer RotationsOf(RotaryEmbedding rotary, SequenceChunk chunk)
    {
        int tokens = chunk.TokenIds.Length, headSize = Model.Config.HeadSize;
        DeviceBuffer buffer = Scratch.Take(DeviceScratch.Part.Rotations, tokens, headSize);
        if (_rotated != (rotary, chunk.FirstPosition, tokens))
        {
            float[] rotations = new float[tokens * headSize];
            rotary.Read(chunk.FirstPosition, rotations);
            Device.Device.Upload(MemoryMarshal.AsBytes<float>(rotations), buffer);
            _rotated = (rotary, chunk.FirstPosition, tokens);
        }

        return buffer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceKeyValueCache cache in _caches)
        {
            cache.Dispose();
        }

        Scratch.Dispose();
    }
}
