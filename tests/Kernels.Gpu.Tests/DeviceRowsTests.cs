using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.Tests;
using OutlierQuant.Testing.Devices;
using Xunit;
using static OutlierQuant.Kernels.Gpu.Tests.DeviceFloats;

namespace OutlierQuant.Kernels.Gpu.Tests;

/// <summary>What is done to rows on every device with the bits of the CPU.</summary>
public sealed class DeviceRowsTests : IDisposable
{
    private readonly IDevice? _device = TestedDevices.Open();
    private readonly HostDevice _host = new();

    private IDevice Device => _device!;

    public void Dispose() => _device?.Dispose();

    [DeviceFact]
    public void LookUp_EveryType_EqualsTheTableBitForBit()
    {
        foreach ((FloatType type, int columns) in from type in Enum.GetValues<FloatType>() from columns in (int[])[1, 7, 127, 128, 129, 300] select (type, columns))
        {
            // The table is rows 100 to 108; any bits are weights.
            const int Rows = 9, FirstRow = 100;
            byte[] elements = new byte[Rows * columns * (type == FloatType.F32 ? 4 : 2)];
            new Random(columns).NextBytes(elements);
            int[] numbers = [108, 100, 0, 104, 99, 109, 104, -1, int.MaxValue, int.MinValue, 101];
            float[] before = Random(numbers.Length * columns, 4);
            foreach (bool isAdded in (bool[])[false, true])
            {
                uint[] expected = LookedUp(_host), actual = LookedUp(Device);
                Assert.Equal(expected, actual);
                Assert.Equal(Bits(before)[(2 * columns)..(3 * columns)], actual[(2 * columns)..(3 * columns)]);

                uint[] LookedUp(IDevice device)
                {
                    using DeviceFloatWeights table = device.Products.Upload(new FloatWeights { Elements = elements, Type = type, Rows = Rows, Columns = columns }, "a table");
                    using DeviceBuffer rows = WeightUpload.Bytes(device, MemoryMarshal.AsBytes<int>(numbers), "numbers"), destination = Upload(device, before);
                    device.Parts.LookUp(table, FirstRow, rows, numbers.Length, isAdded, destination);
                    return Bits(Download(device, destination, before.Length));
                }
            }
        }
    }

    [DeviceFact]
    public void Round_EveryRule_EqualsTheDefinitionBitForBit()
    {
        foreach (int columns in (int[])[1, 7, 127, 128, 129, 300])
        {
            float[] values = [.. Random(3 * columns, columns).Concat([0.125f, -0.125f, 0.375f, -0.625f, -0.01f, 0f, -0f, 1e30f, -1e30f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon])];
            foreach (int[] channels in (int[][])[[], [0], [columns / 3, columns - 1], [.. Enumerable.Range(0, columns)]])
            {
                int[] listed = [.. channels.Distinct()];
                foreach ((float scale, int qMax, bool hasConstants, int otherRow) in ((float, int, bool, int)[])[(0.25f, 7, false, -1), (0.023f, 127, true, 1), (1e-40f, 1, true, 0)])
                {
                    int rows = values.Length / columns;
                    uint[] expected = Rounded(_host), actual = Rounded(Device);
                    Assert.Equal(expected, actual);

                    uint[] Rounded(IDevice device)
                    {
                        DeviceBuffer buffer = Upload(device, values);
                        using DeviceChannels spared = device.Products.UploadChannels(listed, columns);
                        DeviceBuffer? constants = hasConstants ? Upload(device, Random(listed.Length, 1)) : null, other = hasConstants ? Upload(device, Random(listed.Length, 2)) : null;
                        device.Parts.Round(new(scale, qMax, spared, constants, other), otherRow, rows, buffer);
                        return Bits(Download(device, buffer, values.Length));
                    }
                }
            }
        }
    }

    [DeviceFact]
    public void WrongShapes_ThrowNamingTheBuffer()
    {
        DeviceBuffer four = Empty(Device, 4), eight = Empty(Device, 8);
        using DeviceChannels channels = Device.Products.UploadChannels([1, 2], 4);
        Assert.Equal("values", Assert.Throws<ArgumentException>(() => Device.Parts.Round(new(1, 7, channels, null, null), -1, 2, four)).ParamName);
        Assert.Equal("rounding", Assert.Throws<ArgumentException>(() => Device.Parts.Round(new(1, 7, channels, four, null), -1, 1, four)).ParamName);
        Assert.Equal("rounding", Assert.Throws<ArgumentException>(() => Device.Parts.Round(new(1, 7, channels, four, Empty(Device, 1)), -1, 1, eight)).ParamName);
        Assert.Equal("rounding", Assert.Throws<ArgumentOutOfRangeException>(() => Device.Parts.Round(new(0, 7, channels, null, null), -1, 1, four)).ParamName);
        Assert.Equal("rounding", Assert.Throws<ArgumentOutOfRangeException>(() => Device.Parts.Round(new(1, 128, channels, null, null), -1, 1, four)).ParamName);
        using DeviceFloatWeights table = Device.Products.Upload(FloatWeights.OfFloats(new float[6], 3, 2), "a table");
        using DeviceFloatWeights transposed = Device.Products.Upload(FloatWeights.OfFloats(new float[6], 3, 2, isTransposed: true), "a table");
        Assert.Equal("table", Assert.Throws<ArgumentException>(() => Device.Parts.LookUp(transposed, 0, four, 2, false, eight)).ParamName);
        Assert.Equal("rows", Assert.Throws<ArgumentException>(() => Device.Parts.LookUp(table, 0, Empty(Device, 1), 2, false, eight)).ParamName);
        Assert.Equal("destination", Assert.Throws<ArgumentException>(() => Device.Parts.LookUp(table, 0, four, 3, false, four)).ParamName);
        Assert.Equal("firstRow", Assert.Throws<ArgumentOutOfRangeException>(() => Device.Parts.LookUp(table, -1, four, 2, false, eight)).ParamName);
    }
}
