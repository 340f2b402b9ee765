using OutlierQuant.Kernels.TiledProduct;
using Xunit;

namespace OutlierQuant.Kernels.Tests.TiledProduct;

public sealed class SquareTransposeTests
{
    [Fact]
    public void Transpose_BetweenStrides_ExchangesRowsAndColumnsAndTouchesNothingElse()
    {
        float[] source = [.. Enumerable.Range(0, 16 * 19).Select(i => (float)i)];
        float[] destination = [.. Enumerable.Repeat(-1f, 16 * 23)];
        SquareTranspose.Transpose(ref source[0], 19, ref destination[0], 23);
        for (int row = 0; row < 16; row++)
        {
            for (int column = 0; column < 23; column++)
            {
                Assert.Equal(column < 16 ? (column * 19) + row : -1, destination[(row * 23) + column]);
            }
        }
    }

    [Fact]
    public void Transpose_EveryBitPattern_MovesIt()
    {
        // Signalling NaN and subnormals are codes and pairs of columns here, not numbers.
        uint[] bits = [.. Enumerable.Range(0, 256).Select(i => 0x7F800001u + (uint)(i * 0x01234567))];
        float[] source = [.. bits.Select(BitConverter.UInt32BitsToSingle)], destination = new float[256];
        SquareTranspose.Transpose(ref source[0], 16, ref destination[0], 16);
        Assert.Equal(Enumerable.Range(0, 256).Select(i => bits[(i % 16 * 16) + (i / 16)]), destination.Select(BitConverter.SingleToUInt32Bits));
    }
}
