using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using OutlierQuant.Kernels.CodeProduct;
using Xunit;

namespace OutlierQuant.Kernels.Tests.CodeProduct;

public sealed class FixedPointTests
{
    [Fact]
    public void TrySplit_ByHand_GivesTheDigits()
    {
        // The largest, 1, becomes 2^21 = 64 · 32768. 0.75 is 48 · 32768; 2^-21 is one step; 129 steps are 1 · 256 - 127; -1 is -64 · 32768; half a step is a tie, to even: 0.
        // 16384 steps are 64 · 256, one more than plane 1 holds: 1 · 32768 - 64 · 256. Column 130 stands in the second quad, whose planes follow the first quad's three.
        float[] token = new float[256];
        token.AsSpan().Fill(0.75f);
        (token[0], token[1], token[2], token[3], token[4], token[130]) = (1, -1, 1f / (1 << 21), 129f / (1 << 21), 0.5f / (1 << 21), 129f / (1 << 21));
        (token[6], token[7]) = (16384f / (1 << 21), -16385f / (1 << 21));
        sbyte[] planes = new sbyte[768];
        Assert.True(FixedPoint.TrySplit(token, planes, 384, 128, out float step));
        Assert.Equal(1f / (1 << 21), step);
        Assert.Equal(((sbyte)0, (sbyte)0, (sbyte)-64), (planes[0], planes[128], planes[256]));
        Assert.Equal(((sbyte)0, (sbyte)0, (sbyte)64), (planes[1], planes[129], planes[257]));
        Assert.Equal(((sbyte)1, (sbyte)0, (sbyte)0), (planes[2], planes[130], planes[258]));
        Assert.Equal(((sbyte)-127, (sbyte)1, (sbyte)0), (planes[3], planes[131], planes[259]));
        Assert.Equal(((sbyte)0, (sbyte)0, (sbyte)0), (planes[4], planes[132], planes[260]));
        Assert.Equal(((sbyte)0, (sbyte)0, (sbyte)-48), (planes[5], planes[133], planes[261]));
        Assert.Equal(((sbyte)0, (sbyte)-64, (sbyte)-1), (planes[6], planes[134], planes[262]));
        Assert.Equal(((sbyte)-1, (sbyte)-64, (sbyte)0), (planes[7], planes[135], planes[263]));
        Assert.Equal(((sbyte)-127, (sbyte)1, (sbyte)0), (planes[386], planes[514], planes[642]));
    }

    [Property(MaxTest = 200)]
    public Property TrySplit_AnyToken_ErrsByHalfAStepAtMost() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue).ToArbitrary(), Gen.Choose(-90, 100).ToArbitrary(), (seed, exponent) =>
        {
            Random random = new(seed);
            float size = MathF.ScaleB(1 + random.NextSingle(), exponent);
            float[] token = [.. Enumerable.Range(0, 512).Select(_ => ((2 * random.NextSingle()) - 1) * size)];
            sbyte[] planes = new sbyte[1536];
            bool taken = FixedPoint.TrySplit(token, planes, 384, 128, out float step);
            double mean = token.Average(value => Math.Abs((double)value));
            return taken && step / 2.0 <= CodeProductTolerance.FixedPoint(512) * mean && Errors(token, planes, step).All(error => error <= step / 2.0);
        });

    [Theory]
    [InlineData(1.9999999f)]
    [InlineData(1.992126f)]
    [InlineData(1.992127f)]
    [InlineData(1f)]
    [InlineData(-1.9999999f)]
    public void TrySplit_LargestNearAPowerOfTwo_KeepsItsDigitsInRange(float largest)
    {
        float[] token = [.. Enumerable.Repeat(largest, 127), 0.3f];
        sbyte[] planes = new sbyte[384];
        Assert.True(FixedPoint.TrySplit(token, planes, 384, 128, out float step));
        Assert.InRange(step, 0, 1.01f * MathF.Abs(largest) / (1 << 21));
        Assert.All(Errors(token, planes, step), error => Assert.True(error <= step / 2.0));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(float.MaxValue)]
    [InlineData(1000f)]
    public void TrySplit_NotFiniteOrOneEntryFarAboveTheRest_Refuses(float entry)
    {
        float[] token = new float[128];
        token.AsSpan().Fill(1);
        token[17] = entry;
        Assert.False(FixedPoint.TrySplit(token, new sbyte[384], 384, 128, out _));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-40f)]
    public void TrySplit_AllZeroOrTooSmallToScale_Refuses(float entry) =>
        Assert.False(FixedPoint.TrySplit([.. Enumerable.Repeat(entry, 128)], new sbyte[384], 384, 128, out _));

    private static IEnumerable<double> Errors(float[] token, sbyte[] planes, float step) => token.Select((value, c) =>
    {
        int first = (c / 128 * 384) + (c % 128);
        return Math.Abs(value - ((double)step * (planes[first] + (256 * planes[first + 128]) - (32768 * planes[first + 256]))));
    });
}
