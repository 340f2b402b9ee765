using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Devices;

/// <summary>A <see cref="FloatLinear"/> on a device.</summary>
internal sealed class DeviceFloatLinear : DeviceLinear
{
    private readonly ModelDevice _device;
    private readonly DeviceMatrix _weights;
    private readonly DeviceBuffer? _bias;
    private readonly int _outFeatures;
    private readonly string _name;

    public DeviceFloatLinear(FloatLinear linear, ModelDevice device)
    {
        (_device, _outFeatures, _name) = (device, linear.OutFeatures, linear.Name);
        _weights = device.Share(linear.Matrix);
        try
        {
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
        if (_weights.Slabs.Count == 1)
        {
            device.Products.Multiply(input.Values, input.Tokens, _weights.Slabs[0], 0, _outFeatures, output);
        }
        else
        {
            int first = 0;
            foreach (DeviceFloatWeights slab in _weights.Slabs)
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
        _weights.Dispose();
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
