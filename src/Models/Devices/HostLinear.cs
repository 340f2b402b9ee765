using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Devices;

/// <summary>A linear of a kind that no device knows, computed by the CPU between two copies.</summary>
internal sealed class HostLinear(Linear linear, IDevice device) : DeviceLinear
{
    public override void Multiply(DeviceInput input, SequenceChunk chunk, DeviceBuffer output, ComputeContext context)
    {
        float[] values = new float[input.Tokens * linear.InFeatures], products = new float[input.Tokens * linear.OutFeatures];
        device.Download(input.Values, 0, MemoryMarshal.AsBytes(values.AsSpan()));
        linear.Forward(values, input.Tokens, chunk, products, context);
        device.Upload(MemoryMarshal.AsBytes<float>(products), output);
    }

    public override void Dispose()
    {
    }
}
