using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Gpu.Tests;

/// <summary>Floats in the memory of a device, for tests.</summary>
internal static class DeviceFloats
{
    public static float[] Random(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * 6)];
    }

    public static DeviceBuffer Upload(IDevice device, float[] values)
    {
        DeviceBuffer buffer = Empty(device, values.Length);
        device.Upload(MemoryMarshal.AsBytes(values.AsSpan()), buffer);
        return buffer;
    }

    public static DeviceBuffer Empty(IDevice device, int count) => device.Allocate(sizeof(float) * count, "a test");

    public static float[] Download(IDevice device, DeviceBuffer buffer, int count)
    {
        float[] values = new float[count];
        device.Download(buffer, 0, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Gives the bits of values; of every NaN the same, because they differ from processor to processor.</summary>
    public static uint[] Bits(float[] values) => Array.ConvertAll(values, static value => float.IsNaN(value) ? uint.MaxValue : BitConverter.SingleToUInt32Bits(value));
}
