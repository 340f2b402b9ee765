using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.RowQuantize;

namespace OutlierQuant.Kernels.Devices;

/// <summary>Brings weights to a device as they lie in a checkpoint, for backends that keep that layout.</summary>
internal static class WeightUpload
{
    public static DeviceCodeWeights Codes(IDevice device, PackedWeights weights, string name)
    {
        CodeProductShape.CheckWeights(weights);
        List<IDisposable> made = [];
        try
        {
            return new DeviceCodeWeights
            {
                Format = weights.Format,
                Rows = weights.Rows,
                Columns = weights.Columns,
                GroupSize = weights.GroupSize,
                Codes = Noted(Bytes(device, weights.Codes, $"codes of {name}"), made),
                Scales = Noted(Bytes(device, MemoryMarshal.AsBytes(weights.Scales), $"scales of {name}"), made),
                PreservedChannels = Noted(Channels(device, weights.PreservedChannels, weights.Columns), made),
                PreservedColumns = Noted(Bytes(device, MemoryMarshal.AsBytes(weights.PreservedColumns), $"preserved columns of {name}"), made),
            };
        }
        catch
        {
            made.ForEach(static part => part.Dispose());
            throw;
        }
    }

    public static DeviceFloatWeights Floats(IDevice device, FloatWeights weights, string name)
    {
        FloatMatmulShape.CheckWeights(weights);
        return new DeviceFloatWeights
        {
            Type = weights.Type,
            Rows = weights.Rows,
            Columns = weights.Columns,
            IsTransposed = weights.IsTransposed,
            Elements = Bytes(device, weights.Elements, name),
        };
    }

    public static DeviceChannels Channels(IDevice device, ReadOnlySpan<int> channels, int columns)
    {
        RowQuantizeShape.CheckChannels(channels, columns, nameof(channels));
        return new DeviceChannels(Bytes(device, MemoryMarshal.AsBytes(channels), "channel numbers"), channels.Length, columns);
    }

    public static DeviceBuffer Bytes(IDevice device, ReadOnlySpan<byte> bytes, string purpose)
    {
        DeviceBuffer buffer = device.Allocate(bytes.Length, purpose);
        try
        {
            device.Upload(bytes, buffer);
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private static T Noted<T>(T part, List<IDisposable> made)
        where T : IDisposable
    {
        made.Add(part);
        return part;
    }
}
