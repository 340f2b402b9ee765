using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Devices;

/// <summary>A <see cref="QuantizedLinear"/> on a device.</summary>
internal sealed class DeviceQuantizedLinear : DeviceLinear
{
    // Not the linear itself: what stays here would keep it alive, and with it its weights on the device, for as long as there is memory.
    private readonly IDevice _device;
    private readonly int _outFeatures;
    private readonly List<IDisposable> _owned = [];
    private readonly DeviceBuffer? _bias;
    private readonly DeviceBuffer? _sinkConstants;
    private readonly DeviceBuffer? _otherConstants;

    public DeviceQuantizedLinear(QuantizedLinear linear, ModelDevice device)
    {
        (_device, _outFeatures) = (device.Device, linear.OutFeatures);
        (Activations, PreservedChannels) = (linear.Activations, linear.Weights.PreservedChannels);
        try
        {
            Weights = Own(device.MakeRoom(() => _device.Products.Upload(linear.Weights.AsPacked(), linear.Name)));
            int[] uncounted = linear.Activations.UncountedChannels(linear.Weights.PreservedChannels);
            UncountedChannels = uncounted.Length == linear.Weights.PreservedChannels.Length
                ? Weights.PreservedChannels
                : Own(device.MakeRoom(() => _device.Products.UploadChannels(uncounted, linear.InFeatures)));
            _bias = OwnVector(linear.Bias, "bias");
            _sinkConstants = OwnVector(linear.SinkConstants, "constants");
            _otherConstants = OwnVector(linear.OtherConstants, "constants");
        }
        catch
        {
            Dispose();
            throw;
        }

        DeviceBuffer? OwnVector(float[]? vector, string what) => vector is null ? null : Own(device.Upload(vector, $"{what} of {linear.Name}"));
    }

    /// <summary>Gets how the input is rounded.</summary>
    public ActivationQuantization Activations { get; }

    /// <summary>Gets the input channels that stay in float.</summary>
    public int[] PreservedChannels { get; }

    /// <summary>Gets codes, scales and preserved columns.</summary>
    public DeviceCodeWeights Weights { get; }

    /// <summary>Gets the channels that do not count for a scale found at run time, the preserved ones among them.</summary>
    public DeviceChannels UncountedChannels { get; }

    public override void Multiply(DeviceInput input, SequenceChunk chunk, DeviceBuffer output, ComputeContext context)
    {
        if (Activations.Granularity == ActivationGranularity.Float)
        {
            _device.Products.Multiply(input.Values, input.Tokens, Weights, 0, _outFeatures, output);
        }
        else
        {
            _device.Products.Multiply(input.Quantize(this), input.Tokens, Weights, 0, _outFeatures, output);
        }

        if (_otherConstants is not null)
        {
            _device.Parts.AddVector(_otherConstants, _sinkConstants!, chunk.SinkRow, input.Tokens, _outFeatures, output);
        }

        if (_bias is not null)
        {
            _device.Parts.AddVector(_bias, _bias, -1, input.Tokens, _outFeatures, output);
        }
    }

    public override void Dispose() => _owned.ForEach(owned => owned.Dispose());

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }
}
