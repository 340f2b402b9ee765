using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Tests;
using OutlierQuant.Testing.Devices;
using Xunit;
using static OutlierQuant.Kernels.Gpu.Tests.DeviceFloats;

namespace OutlierQuant.Kernels.Gpu.Tests;

/// <summary>The parts of a forward pass on every device against the same in binary64.</summary>
public sealed class DevicePartsTests : IDisposable
{
    private const double Rounding = 1.0 / (1 << 24);

    private readonly IDevice? _device = TestedDevices.Open();
    private readonly HostDevice _host = new();

    private IDevice Device => _device!;

    public void Dispose() => _device?.Dispose();

    [DeviceFact]
    public void Normalize_EverySize_EqualsBinary64()
    {
        foreach (int size in (int[])[1, 2, 7, 64, 127, 128, 129, 896, 4099])
        {
            foreach (bool hasBias in (bool[])[false, true])
            {
                float[] source = Random(3 * size, size), gain = Random(size, 1), bias = Random(size, 2);
                source[size / 2] = 40_000;
                foreach (bool inPlace in (bool[])[false, true])
                {
                    AssertSame(
                        device =>
                        {
                            DeviceNorm norm = new(size, Upload(device, gain), hasBias ? Upload(device, bias) : null, 1e-5f);
                            DeviceBuffer values = Upload(device, source), normalized = inPlace ? values : Empty(device, 3 * size);
                            device.Parts.Normalize(norm, values, 3, normalized);
                            return Download(device, normalized, 3 * size);
                        },
                        $"{size} values, bias {hasBias}, in place {inPlace}",
                        (size + 30) * Rounding * 30);
                }
            }
        }
    }

    [DeviceFact]
    public void Normalize_ValueThatIsNotFinite_SpoilsItsRowOnly()
    {
        float[] source = Random(3 * 70, 5);
        source[70 + 9] = float.NaN;
        DeviceBuffer values = Upload(Device, source);
        Device.Parts.Normalize(new(70, Upload(Device, Random(70, 1)), null, 1e-6f), values, 3, values);
        float[] rows = Download(Device, values, 3 * 70);
        Assert.Equal(Enumerable.Range(0, 210).Select(i => i / 70 == 1), rows.Select(float.IsNaN));
    }

    [DeviceFact]
    public void AddAndAddVector_AnyCount_AreExactSums()
    {
        foreach (int columns in (int[])[1, 127, 128, 300])
        {
            float[] values = Random(5 * columns, 3), addend = Random(5 * columns, 4), vector = Random(columns, 5), other = Random(columns, 6);
            foreach (int otherRow in (int[])[-1, 0, 4])
            {
                AssertSame(
                    device =>
                    {
                        DeviceBuffer sums = Upload(device, values);
                        device.Parts.Add(Upload(device, addend), 5 * columns, sums);
                        device.Parts.AddVector(Upload(device, vector), Upload(device, other), otherRow, 5, columns, sums);
                        return Download(device, sums, 5 * columns);
                    },
                    $"{columns} columns, row {otherRow}",
                    0);
            }
        }
    }

    [DeviceFact]
    public void Activate_EveryFunction_EqualsBinary64()
    {
        float[] values = [.. Enumerable.Range(-3000, 6001).Select(i => i / 100f), 0f, 1e-30f, -1e-30f, 100f, -100f, 3e38f, -3e38f], factor = Random(values.Length, 7);
        foreach (DeviceFunction kind in Enum.GetValues<DeviceFunction>())
        {
            foreach (bool hasFactor in (bool[])[false, true])
            {
                float[] expected = Activated(_host), actual = Activated(Device);
                for (int i = 0; i < values.Length; i++)
                {
                    double bound = 1e-6 * Math.Abs(values[i] * (hasFactor ? (double)factor[i] : 1)) + 1e-37;
                    Assert.True(Math.Abs((double)expected[i] - actual[i]) <= bound, $"{kind}({values[i]}) is {expected[i]}, but the device has {actual[i]}");
                }

                float[] Activated(IDevice device)
                {
                    DeviceBuffer buffer = Upload(device, values);
                    device.Parts.Activate(kind, hasFactor ? Upload(device, factor) : null, values.Length, buffer);
                    return Download(device, buffer, values.Length);
                }
            }
        }
    }

    [DeviceFact]
    public void Activate_NaN_StaysNaN()
    {
        foreach (DeviceFunction kind in Enum.GetValues<DeviceFunction>())
        {
            DeviceBuffer buffer = Upload(Device, [1, float.NaN, 2]);
            Device.Parts.Activate(kind, null, 3, buffer);
            Assert.Equal([false, true, false], Download(Device, buffer, 3).Select(float.IsNaN));
        }
    }

    [DeviceFact]
    public void PlaceHeads_EveryForm_EqualsBinary64()
    {
        foreach ((int heads, int group, int headSize) in ((int, int, int)[])[(4, 1, 8), (6, 3, 20), (2, 2, 128), (3, 1, 300)])
        {
            foreach ((bool hasNorm, bool isRotated) in ((bool, bool)[])[(false, false), (true, false), (false, true), (true, true)])
            {
                const int Tokens = 5;
                int stride = (heads * headSize) + 11, outer = (Tokens * group) + 4;
                DeviceHeads places = new() { Tokens = Tokens, Heads = heads, HeadSize = headSize, SourceStride = stride, SourceOffset = 7, Group = group, OuterStride = outer, FirstRow = 3 };
                int placed = (((heads / group) - 1) * outer * headSize) + ((3 + (Tokens * group)) * headSize);
                AssertSame(
                    device =>
                    {
                        DeviceBuffer destination = Upload(device, new float[placed]);
                        DeviceNorm? norm = hasNorm ? new(headSize, Upload(device, Random(headSize, 2)), null, 1e-6f) : null;
                        device.Parts.PlaceHeads(places, Upload(device, Random(Tokens * stride, 1)), norm, isRotated ? Upload(device, Random(Tokens * headSize, 3)) : null, destination);
                        return Download(device, destination, placed);
                    },
                    $"{heads} heads of {headSize} in groups of {group}, norm {hasNorm}, rotated {isRotated}",
                    1e-5);
            }
        }
    }

    [DeviceFact]
    public void Attend_EveryShape_EqualsBinary64()
    {
        foreach (DeviceAttention attention in (DeviceAttention[])[
            new(1, 1, 8, int.MaxValue, 1, 0, 1),
            new(4, 2, 16, int.MaxValue, 17, 0, 17),
            new(4, 1, 20, 7, 33, 0, 40),
            new(6, 2, 64, int.MaxValue, 70, 0, 70),
            new(8, 8, 128, 1, 9, 0, 9),
            new(4, 4, 80, 33, 3, 95, 128),
            new(4, 2, 96, int.MaxValue, 1, 200, 256),
            new(2, 1, 256, int.MaxValue, 18, 14, 32),
            new(2, 1, 24, int.MaxValue, 40, 300, 340),
            new(4, 2, 96, int.MaxValue, 1, 127, 256),
            new(4, 2, 96, int.MaxValue, 1, 600, 700),
            new(4, 4, 20, 200, 3, 766, 800),
            new(8, 2, 64, int.MaxValue, 4, 508, 512)])
        {
            int queries = attention.Tokens * attention.Heads * attention.HeadSize, cache = attention.KeyValueHeads * attention.Capacity * attention.HeadSize;
            AssertSame(device => Attended(device, attention, Random(queries, 1), Random(cache, 2), Random(cache, 3)), attention.ToString(), 1e-5);
        }
    }

    [DeviceFact]
    public void Attend_QueryAloneOrAmongOthers_SameBits()
    {
        foreach (int slidingWindow in (int[])[int.MaxValue, 300, 5])
        {
            const int Heads = 4, Size = 20, Tokens = 18, First = 382, Row = Heads * Size;
            DeviceAttention attention = new(Heads, 2, Size, slidingWindow, Tokens, First, First + Tokens);
            float[] keys = Random(2 * attention.Capacity * Size, 2), values = Random(2 * attention.Capacity * Size, 3), queries = Random(Tokens * Row, 1);
            uint[] all = Bits(Attended(Device, attention, queries, keys, values));
            for (int token = 0; token < Tokens; token++)
            {
                // Queries lie by key and value head, then token.
                float[] own = [.. Enumerable.Range(0, 2).SelectMany(pair => queries[(((pair * Tokens) + token) * 2 * Size)..][..(2 * Size)])];
                uint[] alone = Bits(Attended(Device, attention with { Tokens = 1, FirstPosition = First + token }, own, keys, values));
                Assert.Equal(all[(token * Row)..][..Row], alone);
            }
        }
    }

    [DeviceFact]
    public void Attend_KeysThatScoreMinusInfinity_WeighNothing()
    {
        foreach (int tokens in (int[])[1, 40])
        {
            // All of the first 150 keys: more than are summed together.
            DeviceAttention attention = new(1, 1, 8, int.MaxValue, tokens, 260, 300);
            float[] queries = [.. Random(tokens * 8, 1).Select(MathF.Abs)], keys = Random(300 * 8, 2), values = Random(300 * 8, 3);
            keys.AsSpan(0, 150 * 8).Fill(float.NegativeInfinity);
            float[] attended = Attended(Device, attention, queries, keys, values);
            float[] others = Attended(Device, attention with { SlidingWindow = 260 + tokens - 150, Tokens = 1, FirstPosition = 260 + tokens - 1 }, queries[^8..], keys, values);
            Assert.All(attended, value => Assert.True(float.IsFinite(value)));
            Assert.All(others.Zip(attended[^8..]), pair => Assert.InRange(pair.Second - pair.First, -1e-6f, 1e-6f));
        }
    }

    [DeviceFact]
    public void Attend_LargeScores_NeitherOverflowNorLoseTheSmall()
    {
        DeviceAttention attention = new(2, 1, 16, int.MaxValue, 40, 0, 40);
        float[] queries = [.. Random(2 * 40 * 16, 1).Select(value => value * 100)], keys = Random(40 * 16, 2), values = Random(40 * 16, 3);
        float[] expected = Attended(_host, attention, queries, keys, values), actual = Attended(Device, attention, queries, keys, values);

        // A score of some hundreds errs by some 1e-5, and its exponential by that share.
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second - pair.First, -2e-3, 2e-3));
    }

    [DeviceFact]
    public void Attend_KeyThatIsNaN_SpoilsTheQueriesThatSeeIt()
    {
        DeviceAttention attention = new(2, 1, 8, 10, 50, 0, 50);
        float[] keys = Random(50 * 8, 2);
        keys[(20 * 8) + 3] = float.NaN;
        float[] attended = Attended(Device, attention, Random(2 * 50 * 8, 1), keys, Random(50 * 8, 3));
        Assert.Equal(Enumerable.Range(0, attended.Length).Select(i => i / 16 is >= 20 and < 30), attended.Select(float.IsNaN));
    }

    [DeviceFact]
    public void FindScales_EveryRule_EqualsTheDefinitionBitForBit()
    {
        foreach (int tokens in (int[])[0, 1, 5, 127, 128, 129, 400])
        {
            foreach (int special in (int[])[0, 1, 2])
            {
                float[] largest = [.. Random(tokens, 1).Select(MathF.Abs)], counted = [.. Random(tokens, 2).Select(MathF.Abs)];
                if (tokens > 0 && special > 0)
                {
                    largest[tokens / 2] = special == 1 ? float.NaN : float.PositiveInfinity;
                    counted[tokens - 1] = 0;
                }

                foreach (DeviceScaleRule rule in Enum.GetValues<DeviceScaleRule>())
                {
                    float[] expected = Scales(_host), actual = Scales(Device);
                    Assert.Equal(expected, actual);

                    float[] Scales(IDevice device)
                    {
                        DeviceBuffer scales = Empty(device, tokens);
                        device.Parts.FindScales(rule, 0.25f, 7, Upload(device, largest), Upload(device, counted), tokens, scales);
                        return Download(device, scales, tokens);
                    }
                }
            }
        }
    }

    [DeviceFact]
    public void FindScales_AllZero_AreOne()
    {
        foreach (DeviceScaleRule rule in (DeviceScaleRule[])[DeviceScaleRule.Token, DeviceScaleRule.Tensor])
        {
            DeviceBuffer scales = Empty(Device, 3), zeros = Upload(Device, new float[3]);
            Device.Parts.FindScales(rule, float.NaN, 127, zeros, zeros, 3, scales);
            Assert.Equal([1f, 1f, 1f], Download(Device, scales, 3));
        }
    }

    [DeviceFact]
    public void FindLargest_TiesAndNaN_GiveTheSmallestIndex()
    {
        foreach (int count in (int[])[1, 2, 100, 128, 129, 1000, 1024, 1025, 2048, 50_257])
        {
            float[] values = Random(count, count);
            (values[count - 1], values[count / 2]) = (50, 50);
            Assert.Equal((50f, count / 2), Device.Parts.FindLargest(Upload(Device, values), count));
            values[count / 3] = float.NaN;
            Assert.Equal((float.NaN, 0), Device.Parts.FindLargest(Upload(Device, values), count));
            Array.Fill(values, float.NegativeInfinity);
            Assert.Equal((float.NegativeInfinity, 0), Device.Parts.FindLargest(Upload(Device, values), count));
        }
    }

    [DeviceFact]
    public void FindCandidates_AnyCount_EqualsBinary64()
    {
        foreach (int count in (int[])[1, 2, 127, 128, 129, 1000, 1024, 1025, 2047, 5000, 50_257])
        {
            float[] values = Random(count, count);
            (values[count / 3], values[count / 2], values[count - 1]) = (float.NegativeInfinity, 4.25f, 4.25f);
            foreach ((float temperature, float least) in ((float, float)[])[(1, 2.9f), (0.3f, 2.9f), (30, 4.25f), (1e-30f, float.BitDecrement(4.25f)), (1e30f, 2.9f)])
            {
                DeviceCandidates expected = Found(_host), actual = Found(Device);
                Assert.Equal(expected.Values, actual.Values);
                Assert.InRange(actual.Total / expected.Total, 1 - 1e-5, 1 + 1e-5);
                Assert.Equal(actual.Total, Found(Device).Total);

                DeviceCandidates Found(IDevice device) => device.Parts.FindCandidates(Upload(device, values), count, 4.25f, temperature, least)!;
            }
        }
    }

    [DeviceFact]
    public void FindCandidates_MoreThanThereIsRoomFor_GivesNothing()
    {
        foreach (int count in (int[])[DeviceCandidates.Room, DeviceCandidates.Room + 1])
        {
            // A slice without candidates stands in front, between and behind.
            float[] values = [.. Enumerable.Range(0, 5000).Select(i => i is >= 1024 and < 2048 || i is >= 3072 && i < 2048 + count ? 1f : 0)];
            DeviceCandidates? found = Device.Parts.FindCandidates(Upload(Device, values), values.Length, 1, 1, 0.5f);
            Assert.Equal(count == DeviceCandidates.Room ? values.Index().Where(value => value.Item == 1).Select(value => (value.Index, 1f)) : null, found?.Values);
        }
    }

    [DeviceFact]
    public void WrongShapes_ThrowNamingTheBuffer()
    {
        DeviceBuffer four = Empty(Device, 4), eight = Empty(Device, 8);
        DeviceNorm norm = new(4, four, null, 1e-5f);
        Assert.Equal("destination", Assert.Throws<ArgumentException>(() => Device.Parts.Normalize(norm, eight, 2, four)).ParamName);
        Assert.Equal("addend", Assert.Throws<ArgumentException>(() => Device.Parts.Add(four, 5, eight)).ParamName);
        Assert.Equal("otherVector", Assert.Throws<ArgumentException>(() => Device.Parts.AddVector(eight, four, 0, 1, 8, eight)).ParamName);
        Assert.Equal("factor", Assert.Throws<ArgumentException>(() => Device.Parts.Activate(DeviceFunction.Silu, four, 8, eight)).ParamName);
        Assert.Equal("keys", Assert.Throws<ArgumentException>(() => Device.Parts.Attend(new(1, 1, 4, 8, 2, 0, 2), eight, four, eight, eight)).ParamName);
        Assert.Equal("attention", Assert.Throws<ArgumentException>(() => Device.Parts.Attend(new(1, 1, 4, 8, 2, 1, 2), eight, eight, eight, eight)).ParamName);
        Assert.Equal("norm", Assert.Throws<ArgumentException>(() => Device.Parts.PlaceHeads(new() { Tokens = 1, Heads = 1, HeadSize = 8, SourceStride = 8, SourceOffset = 0, Group = 1, OuterStride = 1, FirstRow = 0 }, eight, norm, null, eight)).ParamName);
        Assert.Equal("scales", Assert.Throws<ArgumentException>(() => Device.Parts.FindScales(DeviceScaleRule.Token, 1, 7, eight, eight, 8, four)).ParamName);
        Assert.Equal("count", Assert.Throws<ArgumentOutOfRangeException>(() => Device.Parts.FindLargest(eight, 0)).ParamName);
        Assert.Equal("values", Assert.Throws<ArgumentException>(() => Device.Parts.FindCandidates(eight, 9, 0, 1, -10)).ParamName);
        Assert.Equal("temperature", Assert.Throws<ArgumentOutOfRangeException>(() => Device.Parts.FindCandidates(eight, 8, 0, 1e-40f, -10)).ParamName);
    }

    private static float[] Attended(IDevice device, DeviceAttention attention, float[] queries, float[] keys, float[] values)
    {
        DeviceBuffer attended = Empty(device, queries.Length);
        device.Parts.Attend(attention, Upload(device, queries), Upload(device, keys), Upload(device, values), attended);
        return Download(device, attended, queries.Length);
    }

    private void AssertSame(Func<IDevice, float[]> compute, string what, double tolerance)
    {
        float[] expected = compute(_host), actual = compute(Device);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs((double)expected[i] - actual[i]) <= tolerance, $"{what}: value {i} is {expected[i]}, but the device has {actual[i]}");
        }
    }
}
