using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Devices;

/// <summary>A <see cref="FloatLinear"/> on a device, in as many slabs of rows as the 2 GiB of a span demand.</summary>
internal sealed class DeviceFloatLinear : DeviceLinear
{
    private readonly ModelDevice _device;
    private readonly List<DeviceFloatWeights> _slabs = [];
    private readonly DeviceBuffer? _bias;
    private readonly int _outFeatures;
    private readonly string _name;

    public DeviceFloatLinear(FloatLinear linear, ModelDevice device)
    {
        (_device, _outFeatures, _name) = (device, linear.OutFeatures, linear.Name);
        try
        {
            for (int first = 0; first < linear.OutFeatures; first += linear.RowsPerSlab)
            {
                int row = first;
                _slabs.Add(device.MakeRoom(() => device.Device.Products.Upload(linear.Slab(row), linear.Name)));
            }

            _bias = linear.Bias is null ? null : device.Upload(linear.Bias, $"bias of {linear.Name}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override void Multiply(DeviceInput input, SequenceChunk chunk, DeviceBuffer output, ComputeContext context)
    {
        IDevice device = _device.Device;
        if (_slabs.Count == 1)
        {
            device.Products.Multiply(input.Values, input.Tokens, _slabs[0], 0, _outFeatures, output);
        }
        else
        {
            int first = 0;
            foreach (DeviceFloatWeights slab in _slabs)
            {
                MultiplySlab(input, slab, first, output);
                first += slab.Rows;
            }
        }

        if (_bias is not null)
        {
            device.Parts.AddVector(_bias, _bias, -1, input.Tokens, _outFeatures, output);
        }
    }

    public override void Dispose()
    {
        _slabs.ForEach(slab => slab.Dispose());
        _bias?.Dispose();
    }

    private void MultiplySlab(DeviceInput input, DeviceFloatWeights slab, int first, DeviceBuffer output)
    {
        long slabBytes = sizeof(float) * (long)slab.Rows;
        using DeviceBuffer products = _device.Allocate(input.Tokens * slabBytes, $"products of {_name}");
        _device.Device.Products.Multiply(input.Values, input.Tokens, slab, 0, slab.Rows, products);
        for (int token = 0; token < input.Tokens; token++)
        {
            _device.Device.Copy(products, token * slabBytes, output, sizeof(float) * (((long)token * _outFeatures) + first), slabBytes);
        }
    }
}
