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
        // The largest, 1, becomes 2^22 = 64 · 65536. 0.75 is 48 · 65536; 2^-22 is one step; 129 steps are 1 · 256 - 127; -1 is -64 · 65536; half a step is a tie, to even: 0.
        float[] token = new float[32];
        token.AsSpan().Fill(0.75f);
        (token[0], token[1], token[2], token[3], token[4]) = (1, -1, 1f / (1 << 22), 129f / (1 << 22), 0.5f / (1 << 22));
        sbyte[] planes = new sbyte[96];
        Assert.True(FixedPoint.TrySplit(token, planes, out float step));
        Assert.Equal(1f / (1 << 22), step);
        Assert.Equal(((sbyte)0, (sbyte)0, (sbyte)64), (planes[0], planes[32], planes[64]));
        Assert.Equal(((sbyte)0, (sbyte)0, (sbyte)-64), (planes[1], planes[33], planes[65]));
        Assert.Equal(((sbyte)1, (sbyte)0, (sbyte)0), (planes[2], planes[34], planes[66]));
        Assert.Equal(((sbyte)-127, (sbyte)1, (sbyte)0), (planes[3], planes[35], planes[67]));
        Assert.Equal(((sbyte)0, (sbyte)0, (sbyte)0), (planes[4], planes[36], planes[68]));
        Assert.Equal(((sbyte)0, (sbyte)0, (sbyte)48), (planes[5], planes[37], planes[69]));
    }

    [Property(MaxTest = 200)]
    public Property TrySplit_AnyToken_ErrsByHalfAStepAtMost() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue).ToArbitrary(), Gen.Choose(-90, 100).ToArbitrary(), (seed, exponent) =>
        {
            Random random = new(seed);
            float size = MathF.ScaleB(1 + random.NextSingle(), exponent);
            float[] token = [.. Enumerable.Range(0, 64).Select(_ => ((2 * random.NextSingle()) - 1) * size)];
            sbyte[] planes = new sbyte[192];
            bool taken = FixedPoint.TrySplit(token, planes, out float step);
            double mean = token.Average(value => Math.Abs((double)value));
            return taken && step / 2.0 <= CodeProductTolerance.FixedPoint * mean && Errors(token, planes, step).All(error => error <= step / 2.0);
        });

    [Theory]
    [InlineData(1.9999999f)]
    [InlineData(1.9921875f)]
    [InlineData(1.9921876f)]
    [InlineData(1f)]
    [InlineData(-1.9999999f)]
    public void TrySplit_LargestNearAPowerOfTwo_KeepsItsDigitsInRange(float largest)
    {
        float[] token = [.. Enumerable.Repeat(largest, 31), 0.3f];
        sbyte[] planes = new sbyte[96];
        Assert.True(FixedPoint.TrySplit(token, planes, out float step));
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
        float[] token = new float[64];
        token.AsSpan().Fill(1);
        token[17] = entry;
        Assert.False(FixedPoint.TrySplit(token, new sbyte[192], out _));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-40f)]
    public void TrySplit_AllZeroOrTooSmallToScale_Refuses(float entry) =>
        Assert.False(FixedPoint.TrySplit([.. Enumerable.Repeat(entry, 64)], new sbyte[192], out _));

    private static IEnumerable<double> Errors(float[] token, sbyte[] planes, float step) =>
        token.Select((value, c) => Math.Abs(value - ((double)step * ((65536 * planes[(2 * token.Length) + c]) + (256 * planes[token.Length + c]) + planes[c]))));
}
