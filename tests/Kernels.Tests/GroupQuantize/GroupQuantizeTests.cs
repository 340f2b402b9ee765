using FsCheck.Xunit;
using OutlierQuant.Kernels.GroupQuantize;
using Xunit;

namespace OutlierQuant.Kernels.Tests.GroupQuantize;

public sealed class GroupQuantizeTests
{
    private static readonly int[] _limits = [1, 7, 127];

    public static TheoryData<string> Kernels => [.. KernelSuite.All.Where(s => s.IsAvailable).Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_EveryLengthAndGroupSize_EqualsReferenceBitForBit(string kernel)
    {
        Random random = new(20261122);
        for (int columns = 0; columns <= 257; columns++)
        {
            foreach (int groupSize in (int[])[1, 7, 16, 32, 100, 300])
            {
                float[] row = RandomRow(random, columns);
                float[] scales = [.. Enumerable.Range(0, (columns + groupSize - 1) / groupSize).Select(_ => random.NextSingle() + 0.01f)];
                int qMax = _limits[columns % 3];
                Assert.Equal(Quantize(new GroupQuantizeReference(), row, scales, groupSize, qMax), Quantize(Named(kernel), row, scales, groupSize, qMax));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_TiesInfinitiesAndNaN_FollowTheDefinition(string kernel)
    {
        float[] row = [0.5f, 1.5f, 2.5f, -0.5f, -2.5f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, -0f, float.Epsilon, 126.5f, 127.5f, 200f, -127.5f, float.MaxValue, float.MinValue];
        sbyte[] expected = [0, 2, 2, 0, -2, 127, -127, 0, 0, 0, 126, 127, 127, -127, 127, -127];

        // Repeated from every start, so that each value meets each lane and the scalar tail.
        for (int start = 0; start < 16; start++)
        {
            int[] order = [.. Enumerable.Range(0, 37).Select(i => (start + i) % 16)];
            Assert.Equal(order.Select(i => expected[i]), Quantize(Named(kernel), [.. order.Select(i => row[i])], [1f], 37, 127));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_QuotientThatAReciprocalWouldRoundOtherwise_IsDivided(string kernel)
    {
        // 3.5f · (1 / 7f) is above one half in binary32, 3.5 / 7 is the tie, which goes to the even 0; and 4.5 / 3 is the tie that goes to 2.
        float[] row = [.. Enumerable.Repeat(3.5f, 33), .. Enumerable.Repeat(4.5f, 33)];
        sbyte[] expected = [.. Enumerable.Repeat((sbyte)0, 33), .. Enumerable.Repeat((sbyte)2, 33)];
        Assert.Equal(expected, Quantize(Named(kernel), row, [7f, 3f], 33, 127));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_SpecialValuesByBitPattern_EqualReferenceBitForBit(string kernel)
    {
        float[] row = [.. Enumerable.Range(0, 60).Select(i => SpecialFloats.Values[i * 7 % SpecialFloats.Values.Length])];
        foreach (float scale in (float[])[float.Epsilon, 1f, float.MaxValue, float.PositiveInfinity])
        {
            Assert.Equal(Quantize(new GroupQuantizeReference(), row, [scale], 60, 127), Quantize(Named(kernel), row, [scale], 60, 127));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_InsideTheRange_IsWithinHalfAScaleAndRepeatable(string kernel)
    {
        float[] row = RandomRow(new Random(3), 257);
        float[] scales = [.. row.Chunk(32).Select(group => group.Max(MathF.Abs) / 7)];
        sbyte[] codes = Quantize(Named(kernel), row, scales, 32, 7);
        float[] rounded = [.. codes.Select((code, i) => code * scales[i / 32])];
        Assert.All(row.Zip(rounded).Select((pair, i) => (Error: Math.Abs((double)pair.First - pair.Second), Scale: scales[i / 32])), e => Assert.True(e.Error <= e.Scale / 2.0 * 1.000001));
        Assert.Equal(codes, Quantize(Named(kernel), rounded, scales, 32, 7));
    }

    [Property]
    public void Quantize_AnyValues_StayInTheCodeRangeAndEqualReference(float[] row, byte scaleStep)
    {
        float[] scales = [(scaleStep + 1) / 16f];
        sbyte[] codes = row.Length == 0 ? [] : Quantize(KernelSuite.Fastest.GroupQuantize, row, scales, row.Length, 7);
        Assert.All(codes, code => Assert.InRange(code, (sbyte)-7, (sbyte)7));
        Assert.Equal(row.Length == 0 ? [] : Quantize(new GroupQuantizeReference(), row, scales, row.Length, 7), codes);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_BetweenGuardPages_TouchesNothingOutside(string kernel)
    {
        foreach (bool guardAtEnd in (bool[])[true, false])
        {
            for (int columns = 1; columns <= 70; columns++)
            {
                using GuardedBuffer<float> row = GuardedBuffer<float>.Copy(RandomRow(new Random(columns), columns), guardAtEnd);
                using GuardedBuffer<sbyte> codes = GuardedBuffer<sbyte>.Copy(new sbyte[columns], guardAtEnd);
                Named(kernel).Quantize(row.Span, [0.5f], columns, 127, codes.Span);
                Assert.Equal(Quantize(new GroupQuantizeReference(), row.Span.ToArray(), [0.5f], columns, 127), codes.Span.ToArray());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_UnalignedSpans_LeaveTheirNeighboursAlone(string kernel)
    {
        float[] row = RandomRow(new Random(4), 131);
        for (int shift = 0; shift < 16; shift++)
        {
            sbyte[] codes = [.. Enumerable.Repeat((sbyte)99, 131)];
            Named(kernel).Quantize(row.AsSpan(shift, 100), [0.25f, 3f], 50, 127, codes.AsSpan(shift + 1, 100));
            sbyte[] expected = Quantize(new GroupQuantizeReference(), row[shift..(shift + 100)], [0.25f, 3f], 50, 127);
            Assert.Equal([.. Enumerable.Repeat((sbyte)99, shift + 1), .. expected, .. Enumerable.Repeat((sbyte)99, 30 - shift)], codes);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Quantize_WrongArguments_ThrowNamingThem(string kernel)
    {
        Assert.Equal("scales", Failure(kernel, 8, [1, 1, 1], 4, 7, 8));
        Assert.Equal("scales", Failure(kernel, 9, [1, 1], 4, 7, 9));
        Assert.Equal("scales", Failure(kernel, 8, [1, 0], 4, 7, 8));
        Assert.Equal("scales", Failure(kernel, 8, [1, -1], 4, 7, 8));
        Assert.Equal("scales", Failure(kernel, 8, [1, float.NaN], 4, 7, 8));
        Assert.Equal("groupSize", Failure(kernel, 8, [1, 1], 0, 7, 8));
        Assert.Equal("qMax", Failure(kernel, 8, [1, 1], 4, 0, 8));
        Assert.Equal("qMax", Failure(kernel, 8, [1, 1], 4, 128, 8));
        Assert.Equal("codes", Failure(kernel, 8, [1, 1], 4, 7, 7));
        Assert.Equal("codes", Failure(kernel, 8, [1, 1], 4, 7, 9));
    }

    private static IGroupQuantizeKernel Named(string name) => KernelSuite.Choose(name).GroupQuantize;

    private static float[] RandomRow(Random random, int columns) => [.. Enumerable.Range(0, columns).Select(_ => (random.NextSingle() - 0.5f) * 40f)];

    private static sbyte[] Quantize(IGroupQuantizeKernel kernel, float[] row, float[] scales, int groupSize, int qMax)
    {
        sbyte[] codes = new sbyte[row.Length];
        kernel.Quantize(row, scales, groupSize, qMax, codes);
        return codes;
    }

    private static string? Failure(string kernel, int columns, float[] scales, int groupSize, int qMax, int codes) =>
        Assert.ThrowsAny<ArgumentException>(() => Named(kernel).Quantize(new float[columns], scales, groupSize, qMax, new sbyte[codes])).ParamName;
}
