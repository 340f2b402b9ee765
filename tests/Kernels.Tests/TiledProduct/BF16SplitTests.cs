using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.TiledProduct.BF16;
using Xunit;

namespace OutlierQuant.Kernels.Tests.TiledProduct;

public sealed class BF16SplitTests
{
    [Fact]
    public void Store_ThreePartsOfAnyFloat_AddUpToItExactly()
    {
        // Every exponent whose smallest part is a normal number, up to where rounding could reach infinity; random and extreme fractions.
        Random random = new(20261122);
        for (int exponent = -102; exponent < 127; exponent++)
        {
            uint[] fractions = [0, 1, 0x7FFFFF, 0x7FFF, 0x8000, 0x8001, 0x17FFF, 0x18000, 0x7F8000, 0x7FFF80, 0x80, 0x7F, 0x8080, 0x8180, 0x7E7F7F, 0x7F7F80, .. Enumerable.Range(0, 48).Select(_ => (uint)random.Next(1 << 23))];
            float[] values = [.. fractions.Select((fraction, i) => BitConverter.UInt32BitsToSingle(((uint)(i % 3 == 1 ? 1 : 0) << 31) | ((uint)(exponent + 127) << 23) | fraction))];
            for (int i = 0; i < values.Length; i += 32)
            {
                float[][] parts = Split(values.AsSpan(i, 32), 3);
                for (int j = 0; j < 32; j++)
                {
                    Assert.Equal(values[i + j], (double)parts[0][j] + parts[1][j] + parts[2][j]);
                    Assert.True(Math.Abs(parts[1][j]) <= Math.Abs(values[i + j]) / 256 && Math.Abs(parts[2][j]) <= Math.Abs(values[i + j]) / 65536, "Each part is smaller than the one before.");
                    Assert.True(parts[2][j] == 0 || float.IsNormal(parts[2][j]));
                }
            }
        }
    }

    [Fact]
    public void Store_TwoPartsOfEveryFiniteHalf_AddUpToIt()
    {
        float[] halves = [.. Enumerable.Range(0, 65536).Select(bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits)).Select(value => float.IsFinite(value) ? value : 0)];
        for (int i = 0; i < halves.Length; i += 32)
        {
            float[][] parts = Split(halves.AsSpan(i, 32), 2);
            Assert.Equal(halves[i..(i + 32)], parts[0].Zip(parts[1], (high, low) => high + low));
        }
    }

    [Fact]
    public void Store_OnePartOfEveryCode_IsTheCode()
    {
        float[] codes = [.. Enumerable.Range(-128, 256).Select(code => (float)code)];
        for (int i = 0; i < codes.Length; i += 32)
        {
            Assert.Equal(codes[i..(i + 32)], Split(codes.AsSpan(i, 32), 1)[0]);
        }
    }

    [Fact]
    public void Round_ByHand_GoesToTheNearestAndHalfToEven()
    {
        // bf16 has 8 significant bits: beside 1 the next are 1 + 2^-7 and 1 + 2^-6.
        (float Value, float Expected)[] cases =
        [
            (1, 1), (1.00390625f, 1), (1.0039064f, 1.0078125f), (1.01171875f, 1.015625f), (-1.01171875f, -1.015625f), (1.998f, 2), (255, 255), (257, 256), (259, 260), (0, 0), (-3e-38f, -MathF.ScaleB(163f / 128, -125)),
        ];
        foreach ((float value, float expected) in cases)
        {
            Assert.Equal(expected, BF16Split.Round(Vector512.Create(value))[7]);
        }

        Assert.True(float.IsNegative(BF16Split.Round(Vector512.Create(-0f))[0]));
    }

    [Fact]
    public void Contains_RangeOfMagnitudes_RefusesWhatHasNoParts()
    {
        (float Value, bool Expected)[] cases =
        [
            (0, true), (-0f, true), (1, true), (-1e5f, true), (MathF.ScaleB(1, -32), true), (MathF.ScaleB(1, 53), true), (MathF.BitDecrement(MathF.ScaleB(1, -32)), false),
            (MathF.BitIncrement(MathF.ScaleB(1, 53)), false), (float.Epsilon, false), (float.MaxValue, false), (float.PositiveInfinity, false), (float.NegativeInfinity, false), (float.NaN, false), (-float.NaN, false),
        ];
        foreach ((float value, bool expected) in cases)
        {
            // Beside ordinary values in other lanes; those do not hide it unless it is merely small.
            Vector512<uint> alone = SplitRange.Max(default, Vector512<float>.Zero.WithElement(11, value));
            Assert.Equal(expected, SplitRange.Contains(SplitRange.Max(alone)));
            Assert.Equal(expected || MathF.Abs(value) < 1, SplitRange.Contains(SplitRange.Max(SplitRange.Max(alone, Vector512.Create(-1f)))));
        }
    }

    private static float[][] Split(ReadOnlySpan<float> values, int parts)
    {
        byte[] rows = new byte[parts * 100];
        BF16Split.Store(Vector512.Create(values[..16]), Vector512.Create(values[16..]), parts, ref rows[0], 100);
        return [.. Enumerable.Range(0, parts).Select(part => Enumerable.Range(0, 32)
            .Select(i => BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(rows, (part * 100) + (2 * i)) << 16)).ToArray())];
    }
}
