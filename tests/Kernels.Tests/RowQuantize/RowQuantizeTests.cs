using FsCheck.Xunit;
using OutlierQuant.Kernels.RowQuantize;
using Xunit;

namespace OutlierQuant.Kernels.Tests.RowQuantize;

public sealed class RowQuantizeTests
{
    public static TheoryData<string> Kernels => [.. RowQuantizeKernels.Names];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_EveryLength_EqualsReferenceBitForBit(string kernel)
    {
        Random random = new(20261122);
        for (int columns = 0; columns <= 257; columns++)
        {
            foreach (int preserved in (int[])[0, 1, 5])
            {
                (float[] row, int[] channels) = RandomRow(random, columns, preserved);
                int extra = columns % 5;
                AssertSame(Quantize(new RowQuantizeReference(), row, channels, 0.17f, extra), Quantize(Named(kernel), row, channels, 0.17f, extra));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void AbsMax_EveryLength_EqualsTheDefinition(string kernel)
    {
        Random random = new(20261122);
        for (int columns = 0; columns <= 257; columns++)
        {
            foreach (int preserved in (int[])[0, 1, 5])
            {
                (float[] row, int[] channels) = RandomRow(random, columns, preserved);
                float expected = row.Where((_, c) => !channels.Contains(c)).Select(MathF.Abs).DefaultIfEmpty().Max();
                Assert.Equal(expected, Named(kernel).AbsMax(row, channels));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void AbsMax_LargestOrNaNAtAnyChannel_IsFoundUnlessPreserved(string kernel)
    {
        foreach (float value in (float[])[-1e30f, float.NegativeInfinity, float.NaN])
        {
            for (int c = 0; c < 67; c++)
            {
                float[] row = [.. Enumerable.Repeat(-0.5f, 67)];
                row[c] = value;
                Assert.Equal(float.IsNaN(value) ? float.NaN : -value, Named(kernel).AbsMax(row, []));
                Assert.Equal(0.5f, Named(kernel).AbsMax(row, [c]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void AbsMax_NegativeZeroAndNothing_IsPositiveZero(string kernel)
    {
        Assert.Equal(0, BitConverter.SingleToInt32Bits(Named(kernel).AbsMax([.. Enumerable.Repeat(-0f, 37)], [])));
        Assert.Equal(0, BitConverter.SingleToInt32Bits(Named(kernel).AbsMax([], [])));
        Assert.Equal(0, BitConverter.SingleToInt32Bits(Named(kernel).AbsMax([3f, float.NaN], [0, 1])));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_TiesInfinitiesAndNaN_FollowTheDefinition(string kernel)
    {
        float[] row = [0.5f, 1.5f, 2.5f, -0.5f, -2.5f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, -0f, float.Epsilon, 126.5f, 127.5f, 200f, -127.5f, float.MaxValue, float.MinValue];
        sbyte[] expected = [0, 2, 2, 0, -2, 127, -127, 0, 0, 0, 126, 127, 127, -127, 127, -127];
        for (int start = 0; start < 16; start++)
        {
            int[] order = [.. Enumerable.Range(0, 37).Select(i => (start + i) % 16)];
            (sbyte[] codes, _) = Quantize(Named(kernel), [.. order.Select(i => row[i])], [], 1f, 0);
            Assert.Equal(order.Select(i => expected[i]), codes);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_SpecialValuesByBitPattern_EqualReferenceBitForBit(string kernel)
    {
        float[] row = [.. Enumerable.Range(0, 60).Select(i => SpecialFloats.Values[i * 7 % SpecialFloats.Values.Length])];
        foreach (float scale in (float[])[float.Epsilon, 1f, float.MaxValue, float.PositiveInfinity])
        {
            AssertSame(Quantize(new RowQuantizeReference(), row, [2, 40], scale, 0), Quantize(Named(kernel), row, [2, 40], scale, 0));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_PreservedChannels_KeepTheirBitsAndGetCodeZero(string kernel)
    {
        float[] row = [.. Enumerable.Repeat(9f, 40)];
        (row[0], row[17], row[39]) = (float.NaN, -123456.789f, float.PositiveInfinity);
        (sbyte[] codes, float[] preserved) = Quantize(Named(kernel), row, [0, 17, 39], 0.5f, 3);
        Assert.Equal([float.NaN, -123456.789f, float.PositiveInfinity], preserved);
        Assert.Equal(Enumerable.Range(0, 43).Select(c => c is 0 or 17 or >= 39 ? (sbyte)0 : (sbyte)18), codes);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_ScaleIsNaN_MakesEveryCodeZero(string kernel)
    {
        (sbyte[] codes, _) = Quantize(Named(kernel), [.. Enumerable.Repeat(9f, 40)], [], float.NaN, 2);
        Assert.Equal(new sbyte[42], codes);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_ScaleFromAbsMax_IsWithinHalfAScaleAndRepeatable(string kernel)
    {
        (float[] row, _) = RandomRow(new Random(3), 257, 0);
        float scale = Named(kernel).AbsMax(row, []) / 127;
        (sbyte[] codes, _) = Quantize(Named(kernel), row, [], scale, 0);
        float[] rounded = [.. codes.Select(code => code * scale)];
        Assert.All(row.Zip(rounded), pair => Assert.True(Math.Abs((double)pair.First - pair.Second) <= scale / 2.0 * 1.000001));
        Assert.Equal(127, codes.Max(code => Math.Abs((int)code)));
        Assert.Equal(codes, Quantize(Named(kernel), rounded, [], scale, 0).Codes);
    }

    [Property]
    public void Quantize_AnyValues_EqualReferenceBitForBit(float[] row, byte scaleStep, byte channel)
    {
        int[] channels = channel < row.Length ? [channel] : [];
        float scale = (scaleStep + 1) / 16f;
        AssertSame(Quantize(new RowQuantizeReference(), row, channels, scale, 1), Quantize(KernelSuite.Fastest.RowQuantize, row, channels, scale, 1));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_BetweenGuardPages_TouchesNothingOutside(string kernel)
    {
        foreach (bool guardAtEnd in (bool[])[true, false])
        {
            for (int columns = 1; columns <= 70; columns++)
            {
                (float[] values, int[] channels) = RandomRow(new Random(columns), columns, 2);
                using GuardedBuffer<float> row = GuardedBuffer<float>.Copy(values, guardAtEnd);
                using GuardedBuffer<sbyte> codes = GuardedBuffer<sbyte>.Copy(new sbyte[columns], guardAtEnd);
                using GuardedBuffer<float> preserved = GuardedBuffer<float>.Copy(new float[channels.Length], guardAtEnd);
                Named(kernel).Quantize(row.Span, channels, 0.5f, 127, codes.Span, preserved.Span);
                AssertSame(Quantize(new RowQuantizeReference(), values, channels, 0.5f, 0), (codes.Span.ToArray(), preserved.Span.ToArray()));
                Assert.Equal(new RowQuantizeReference().AbsMax(values, channels), Named(kernel).AbsMax(row.Span, channels));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_UnalignedSpans_LeaveTheirNeighboursAlone(string kernel)
    {
        (float[] row, _) = RandomRow(new Random(4), 131, 0);
        for (int shift = 0; shift < 16; shift++)
        {
            sbyte[] codes = [.. Enumerable.Repeat((sbyte)99, 131)];
            Named(kernel).Quantize(row.AsSpan(shift, 100), [], 0.25f, 127, codes.AsSpan(shift + 1, 103), []);
            (sbyte[] expected, _) = Quantize(new RowQuantizeReference(), row[shift..(shift + 100)], [], 0.25f, 3);
            Assert.Equal([.. Enumerable.Repeat((sbyte)99, shift + 1), .. expected, .. Enumerable.Repeat((sbyte)99, 27 - shift)], codes);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_WrongArguments_ThrowNamingThem(string kernel)
    {
        Assert.Equal("preservedChannels", Failure(kernel, [8], 1, 7, 8, 1));
        Assert.Equal("preservedChannels", Failure(kernel, [-1], 1, 7, 8, 1));
        Assert.Equal("preservedChannels", Failure(kernel, [3, 3], 1, 7, 8, 2));
        Assert.Equal("preservedChannels", Failure(kernel, [4, 3], 1, 7, 8, 2));
        Assert.Equal("scale", Failure(kernel, [], 0, 7, 8, 0));
        Assert.Equal("scale", Failure(kernel, [], -1, 7, 8, 0));
        Assert.Equal("qMax", Failure(kernel, [], 1, 0, 8, 0));
        Assert.Equal("qMax", Failure(kernel, [], 1, 128, 8, 0));
        Assert.Equal("codes", Failure(kernel, [], 1, 7, 7, 0));
        Assert.Equal("preserved", Failure(kernel, [2], 1, 7, 8, 0));
        Assert.Equal("preserved", Failure(kernel, [2], 1, 7, 8, 2));
        Assert.Equal("preservedChannels", Assert.ThrowsAny<ArgumentException>(() => Named(kernel).AbsMax(new float[8], [5, 2])).ParamName);
    }

    private static IRowQuantizeKernel Named(string name) => RowQuantizeKernels.Named(name);

    private static (float[] Row, int[] Channels) RandomRow(Random random, int columns, int preserved)
    {
        float[] row = [.. Enumerable.Range(0, columns).Select(_ => (random.NextSingle() - 0.5f) * 40f)];
        int[] channels = [.. Enumerable.Range(0, preserved).Select(_ => random.Next(Math.Max(1, columns))).Where(c => c < columns).Distinct().Order()];
        return (row, channels);
    }

    private static (sbyte[] Codes, float[] Preserved) Quantize(IRowQuantizeKernel kernel, float[] row, int[] channels, float scale, int extra)
    {
        sbyte[] codes = [.. Enumerable.Repeat((sbyte)99, row.Length + extra)];
        float[] preserved = new float[channels.Length];
        kernel.Quantize(row, channels, scale, 127, codes, preserved);
        return (codes, preserved);
    }

    private static void AssertSame((sbyte[] Codes, float[] Preserved) expected, (sbyte[] Codes, float[] Preserved) actual)
    {
        Assert.Equal(expected.Codes, actual.Codes);
        Assert.Equal(expected.Preserved.Select(BitConverter.SingleToInt32Bits), actual.Preserved.Select(BitConverter.SingleToInt32Bits));
    }

    private static string? Failure(string kernel, int[] channels, float scale, int qMax, int codes, int preserved) =>
        Assert.ThrowsAny<ArgumentException>(() => Named(kernel).Quantize(new float[8], channels, scale, qMax, new sbyte[codes], new float[preserved])).ParamName;
}
