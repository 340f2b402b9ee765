using OutlierQuant.Kernels.Ilgpu.Instructions;
using Xunit;

namespace OutlierQuant.Kernels.Ilgpu.Tests;

/// <summary>Binary16 written with integers, against the runtime's.</summary>
public sealed class HalvesTests
{
    [Fact]
    public void Widen_EveryBitPattern_IsExact()
    {
        for (uint bits = 0; bits <= ushort.MaxValue; bits++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf((ushort)bits), actual = Halves.Widen(bits);
            Assert.True(float.IsNaN(expected) ? float.IsNaN(actual) : BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(actual), $"0x{bits:X4}: {actual:R} is not {expected:R}.");
        }
    }

    [Fact]
    public void Round_NumbersBelowTwoToTheFifteenth_IsNearestAndLeavesTheRest()
    {
        Random random = new(20261122);
        for (int i = 0; i < 200_000; i++)
        {
            // Every exponent from 2⁻⁴⁰ to 2¹⁴, both signs.
            float value = BitConverter.Int32BitsToSingle(random.Next(1 << 23) | (random.Next(127 - 40, 127 + 15) << 23)) * (random.Next(2) == 0 ? 1 : -1);
            uint bits = Halves.Round(value, out float rest);
            float rounded = (float)BitConverter.UInt16BitsToHalf((ushort)bits), expected = (float)(Half)value;
            Assert.True(Math.Abs((double)value - rounded) == Math.Abs((double)value - expected), $"{value:R} became {rounded:R}; {expected:R} is nearest.");
            Assert.Equal((double)value - rounded, rest);
        }
    }

    [Fact]
    public void Round_NotFinite_StaysSo()
    {
        Assert.Equal(0x7C00u, Halves.Round(float.PositiveInfinity, out float rest));
        Assert.Equal(0f, rest);
        Assert.Equal(0xFC00u, Halves.Round(float.NegativeInfinity, out _));
        Assert.True(Half.IsNaN(BitConverter.UInt16BitsToHalf((ushort)Halves.Round(float.NaN, out rest))));
        Assert.Equal(0f, rest);
    }
}
