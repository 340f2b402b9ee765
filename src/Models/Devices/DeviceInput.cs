using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Devices;

/// <summary>The input of one or several linears on a device, with its codes, made once for all that round it in the same way.</summary>
/// <param name="values">Values of the tokens. Shape [tokens, columns].</param>
/// <param name="tokens">Number of tokens.</param>
/// <param name="scratch">Where the codes go.</param>
internal sealed class DeviceInput(DeviceBuffer values, int tokens, DeviceScratch scratch)
{
    private readonly List<(DeviceQuantizedLinear Linear, DeviceActivationCodes Codes)> _quantized = [];

    /// <summary>Gets the values. Shape [tokens, columns].</summary>
    public DeviceBuffer Values => values;

    /// <summary>Gets the number of tokens.</summary>
    public int Tokens => tokens;

    /// <summary>Gives the codes that a linear multiplies.</summary>
    public DeviceActivationCodes Quantize(DeviceQuantizedLinear linear)
    {
        foreach ((DeviceQuantizedLinear other, DeviceActivationCodes codes) in _quantized)
        {
            if (linear.PreservedChannels.AsSpan().SequenceEqual(other.PreservedChannels) && linear.Activations.HasSameCodes(other.Activations))
            {
                return codes;
            }
        }

        DeviceActivationCodes made = scratch.TakeCodes(_quantized.Count, tokens, linear.Weights.Columns, linear.PreservedChannels.Length);
        Round(linear, made);
        _quantized.Add((linear, made));
        return made;
    }

    private void Round(DeviceQuantizedLinear linear, DeviceActivationCodes codes)
    {
        IDevice device = scratch.Device.Device;
        ActivationQuantization rule = linear.Activations;
        DeviceChannels preserved = linear.Weights.PreservedChannels;
        DeviceBuffer largest = scratch.Take(DeviceScratch.Part.Largest, tokens, 1), counted = largest;
        device.Products.AbsMax(values, tokens, preserved, largest);
        if (!ReferenceEquals(linear.UncountedChannels, preserved))
        {
            counted = scratch.Take(DeviceScratch.Part.Counted, tokens, 1);
            device.Products.AbsMax(values, tokens, linear.UncountedChannels, counted);
        }

        DeviceScaleRule scaleRule = rule.Granularity switch
        {
            ActivationGranularity.TensorStatic => DeviceScaleRule.Static,
            ActivationGranularity.Tensor => DeviceScaleRule.Tensor,
            _ => DeviceScaleRule.Token,
        };
        device.Parts.FindScales(scaleRule, rule.StaticScale, rule.QMax, largest, counted, tokens, codes.Scales);
        device.Products.Quantize(values, tokens, preserved, rule.QMax, codes);
    }
}
