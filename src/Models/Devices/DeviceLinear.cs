using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Devices;

/// <summary>A linear whose weights lie on a device.</summary>
internal abstract class DeviceLinear : IDisposable
{
    /// <summary>Uploads a linear.</summary>
    /// <exception cref="DeviceMemoryException">It does not fit.</exception>
    public static DeviceLinear Create(Linear linear, ModelDevice device) => linear switch
    {
        FloatLinear floats => new DeviceFloatLinear(floats, device),
        QuantizedLinear quantized => new DeviceQuantizedLinear(quantized, device),
        _ => new HostLinear(linear, device.Device),
    };

    /// <summary>Names the kernel that computes a linear where the context says, for tables.</summary>
    public static string Describe(Linear linear, ComputeContext context, int tokens) => (context.Device?.Device.Products, linear) switch
    {
        (IDeviceProducts products, FloatLinear floats) => products.Describe(floats.Matrix.Type, tokens),
        (IDeviceProducts products, QuantizedLinear quantized) => products.Describe(quantized.Weights.AsPacked(), quantized.Activations.Granularity != ActivationGranularity.Float, tokens),
        _ => linear.DescribeKernel(context.Suite, tokens),
    };

    /// <summary>Computes the output features of every token.</summary>
    /// <param name="input">The tokens' values, with their codes.</param>
    /// <param name="chunk">Which tokens they are.</param>
    /// <param name="output">Receives the output. Shape [tokens, outFeatures].</param>
    /// <param name="context">Kernels and threads of the CPU, for linears that only it can compute.</param>
    public abstract void Multiply(DeviceInput input, SequenceChunk chunk, DeviceBuffer output, ComputeContext context);

    /// <summary>Gives the memory of the weights back.</summary>
    public abstract void Dispose();
}
