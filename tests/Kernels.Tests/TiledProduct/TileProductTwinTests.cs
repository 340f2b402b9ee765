using OutlierQuant.Kernels.TiledProduct.BF16;
using Xunit;

namespace OutlierQuant.Kernels.Tests.TiledProduct;

/// <summary>The software twin against the definition of the instruction, written out once more.</summary>
public sealed unsafe class TileProductTwinTests
{
    [Fact]
    public void MultiplyAdd_RandomTiles_EqualsTheDefinition()
    {
        Random random = new(20261122);
        for (int round = 0; round < 6; round++)
        {
            // Round 0 and 1 reach down to subnormals, so that products and sums are flushed.
            float scale = round < 2 ? 1e-20f : 1;
            ushort[] a = Operand(random, scale), b = Operand(random, scale);
            float[] c = [.. Enumerable.Range(0, 256).Select(_ => (random.NextSingle() - 0.5f) * scale * scale)];
            float[] expected = Define(a, b, c);
            Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), Multiply(a, b, c).Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Fact]
    public void MultiplyAdd_TwoChains_AddEvenAndOddColumnsApart()
    {
        // Even columns: 2^24, then 1: lost. Odd columns: 1, then 1: 2. Together 2^24 + 2. One chain would lose both or give another sum; C + 1 is added last.
        ushort[] a = new ushort[512], b = new ushort[512];
        (a[0], a[1], a[2], a[3]) = (ToBF16(1 << 24), ToBF16(1), ToBF16(1), ToBF16(1));
        for (int column = 0; column < 4; column++)
        {
            b[Place(column, 0)] = ToBF16(1);
        }

        float[] sums = new float[256];
        sums[0] = 2;
        Assert.Equal((1 << 24) + 4, Multiply(a, b, sums)[0]);
    }

    [Fact]
    public void MultiplyAdd_SubnormalInputs_CountAsZero()
    {
        ushort[] a = new ushort[512], b = new ushort[512];
        (a[0], a[32]) = (0x0040, ToBF16(1));
        b[Place(0, 0)] = ToBF16(2);
        float[] sums = new float[256];
        (sums[0], sums[16]) = (float.Epsilon, -float.Epsilon);
        float[] products = Multiply(a, b, sums);
        Assert.Equal((0f, 2f), (products[0], products[16]));
    }

    [Fact]
    public void MultiplyAdd_SubnormalResults_BecomeZeroAndSpecialValuesPropagate()
    {
        ushort[] a = new ushort[512], b = new ushort[512];
        (a[0], a[32], a[64], a[96]) = (ToBF16(1e-20f), ToBF16(float.PositiveInfinity), ToBF16(float.NaN), ToBF16(3));
        b[Place(0, 0)] = ToBF16(1e-20f);
        b[Place(0, 1)] = ToBF16(-1);
        float[] products = Multiply(a, b, new float[256]);
        Assert.Equal([0, float.PositiveInfinity, float.NaN, 3 * BF16(1e-20f)], new[] { products[0], products[16], products[32], products[48] });
        Assert.Equal([-BF16(1e-20f), float.NegativeInfinity, float.NaN, -3], new[] { products[1], products[17], products[33], products[49] });
        Assert.True(float.IsNaN(products[18]), "infinity times zero");
    }

    private static float[] Define(ushort[] a, ushort[] b, float[] c)
    {
        float[] sums = new float[256];
        for (int row = 0; row < 16; row++)
        {
            for (int token = 0; token < 16; token++)
            {
                float even = 0, odd = 0;
                for (int column = 0; column < 32; column += 2)
                {
                    even = Flush(MathF.FusedMultiplyAdd(Flush(BF16(a[(row * 32) + column])), Flush(BF16(b[Place(column, token)])), even));
                    odd = Flush(MathF.FusedMultiplyAdd(Flush(BF16(a[(row * 32) + column + 1])), Flush(BF16(b[Place(column + 1, token)])), odd));
                }

                sums[(row * 16) + token] = Flush(Flush(c[(row * 16) + token]) + Flush(even + odd));
            }
        }

        return sums;
    }

    private static float[] Multiply(ushort[] a, ushort[] b, float[] c)
    {
        float[] sums = [.. c];
        fixed (ushort* weights = a, activations = b)
        {
            fixed (float* products = sums)
            {
                TileProductTwin.MultiplyAdd((byte*)weights, (byte*)activations, products);
            }
        }

        return sums;
    }

    private static ushort[] Operand(Random random, float scale) =>
        [.. Enumerable.Range(0, 512).Select(i => ToBF16((random.NextSingle() - 0.5f) * scale * (i % 7 == 0 ? 1e-18f : 1)))];

    private static int Place(int column, int token) => (column / 2 * 32) + (token * 2) + (column % 2);

    private static float Flush(float value) => float.IsSubnormal(value) ? MathF.CopySign(0, value) : value;

    private static float BF16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    private static float BF16(float value) => BF16(ToBF16(value));

    private static ushort ToBF16(float value) => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
}
