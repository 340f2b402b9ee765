using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Blocks;

namespace OutlierQuant.Models.Devices;

/// <summary>An <see cref="Embedding"/> on a device, to which only the numbers of rows go.</summary>
internal sealed class DeviceEmbedding : IDisposable
{
    private readonly IDevice _device;
    private readonly DeviceMatrix _tokens;
    private readonly DeviceMatrix? _positions;

    public DeviceEmbedding(Embedding embedding, ModelDevice device)
    {
        _device = device.Device;
        _tokens = device.Share(embedding.Tokens);
        try
        {
            _positions = embedding.Positions is null ? null : device.Share(embedding.Positions);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Reads the rows of a chunk.</summary>
    /// <param name="chunk">The tokens.</param>
    /// <param name="numbers">Room for the numbers of rows. Shape [tokens].</param>
    /// <param name="hidden">Receives the first values of the residual stream. Shape [tokens, hiddenSize].</param>
    public void Read(SequenceChunk chunk, DeviceBuffer numbers, DeviceBuffer hidden)
    {
        LookUp(_tokens, chunk.TokenIds.Span, numbers, isAdded: false, hidden);
        if (_positions is not null)
        {
            int[] positions = [.. Enumerable.Range(chunk.FirstPosition, chunk.TokenIds.Length)];
            LookUp(_positions, positions, numbers, isAdded: true, hidden);
        }
    }

    public void Dispose()
    {
        _tokens.Dispose();
        _positions?.Dispose();
    }

    private void LookUp(DeviceMatrix table, ReadOnlySpan<int> rows, DeviceBuffer numbers, bool isAdded, DeviceBuffer hidden)
    {
        _device.Upload(MemoryMarshal.AsBytes(rows), numbers);
        int first = 0;
        foreach (DeviceFloatWeights slab in table.Slabs)
        {
            _device.Parts.LookUp(slab, first, numbers, rows.Length, isAdded, hidden);
            first += slab.Rows;
        }
    }
}
