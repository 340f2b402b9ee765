using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Devices;

/// <summary>A <see cref="FloatMatrix"/> on a device, slab by slab. Several may read it, as an embedding and the head that is tied to it do; the last of them gives its memory back.</summary>
internal sealed class DeviceMatrix : IDisposable
{
    private readonly List<DeviceFloatWeights> _slabs = [];
    private int _readers = 1;

    /// <summary>Uploads a matrix for one reader.</summary>
    /// <exception cref="DeviceMemoryException">It does not fit.</exception>
    public DeviceMatrix(FloatMatrix matrix, ModelDevice device)
    {
        try
        {
            for (int first = 0; first < matrix.Rows; first += matrix.RowsPerSlab)
            {
                int row = first;
                _slabs.Add(device.MakeRoom(() => device.Device.Products.Upload(matrix.Slab(row), matrix.Tensor.Name)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Gets the slabs, in order.</summary>
    public IReadOnlyList<DeviceFloatWeights> Slabs => _slabs;

    /// <summary>Adds a reader, unless the last one has left.</summary>
    public bool TryShare()
    {
        if (_readers == 0)
        {
            return false;
        }

        _readers++;
        return true;
    }

    /// <summary>Takes one reader away.</summary>
    public void Dispose()
    {
        if (--_readers == 0)
        {
            _slabs.ForEach(slab => slab.Dispose());
        }
    }
}
