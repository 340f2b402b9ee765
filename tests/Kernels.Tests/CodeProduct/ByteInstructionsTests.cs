using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.CodeProduct.Steps;
using Xunit;

namespace OutlierQuant.Kernels.Tests.CodeProduct;

public sealed class ByteInstructionsTests
{
    // On a processor with the instruction this compares it with its twin; elsewhere the wrapper is the twin, and the tests by hand hold it.
    [Fact]
    public void Wrappers_RandomBytes_EqualTheirTwins()
    {
        Random random = new(20261122);
        for (int i = 0; i < 200; i++)
        {
            byte[] bytes = new byte[128];
            random.NextBytes(bytes);
            Vector256<byte> unsigned = Vector256.LoadUnsafe(ref bytes[0]);
            Vector256<sbyte> signed = Vector256.LoadUnsafe(ref bytes[32]).AsSByte();
            Vector256<int> sums = Vector256.LoadUnsafe(ref bytes[64]).AsInt32();
            Vector256<short> pairs = ByteInstructions.MultiplyAddPairsInSoftware(unsigned, signed);
            Assert.Equal(pairs, ByteInstructions.MultiplyAddPairs(unsigned, signed));
            Vector256<short> weights = Vector256.LoadUnsafe(ref bytes[96]).AsInt16(), smallest = Vector256.Create(short.MinValue);
            Assert.Equal(ByteInstructions.AddPairsInSoftware(pairs, Vector256<short>.One), ByteInstructions.AddPairs(pairs));
            Assert.Equal(ByteInstructions.AddPairsInSoftware(pairs, weights), ByteInstructions.AddPairs(pairs, weights));
            Assert.Equal(ByteInstructions.AddPairsInSoftware(pairs, smallest), ByteInstructions.AddPairs(pairs, smallest));
            Assert.Equal(ByteInstructions.MultiplyAddQuadsInSoftware(sums, unsigned, signed), ByteInstructions.MultiplyAddQuads(sums, unsigned, signed));

            Vector512<byte> wide = Vector512.LoadUnsafe(ref bytes[0]);
            Vector512<sbyte> wideSigned = Vector512.LoadUnsafe(ref bytes[64]).AsSByte();
            Vector512<short> widePairs = ByteInstructions.MultiplyAddPairs(wide, wideSigned);
            Assert.Equal(ByteInstructions.MultiplyAddPairsInSoftware(wide.GetUpper(), wideSigned.GetUpper()), widePairs.GetUpper());
            Assert.Equal(ByteInstructions.AddPairsInSoftware(widePairs.GetLower(), Vector256<short>.One), ByteInstructions.AddPairs(widePairs).GetLower());
        }
    }

    [Fact]
    public void MultiplyAddPairs_ByHand_SaturatesAtSixteenBits()
    {
        Vector256<byte> unsigned = Vector256<byte>.Zero.WithElement(0, (byte)255).WithElement(1, (byte)255).WithElement(2, (byte)3).WithElement(3, (byte)5);
        Vector256<sbyte> signed = Vector256<sbyte>.Zero.WithElement(0, (sbyte)127).WithElement(1, (sbyte)127).WithElement(2, (sbyte)-4).WithElement(3, (sbyte)2);
        Vector256<short> pairs = ByteInstructions.MultiplyAddPairs(unsigned, signed);
        Assert.Equal((short.MaxValue, (short)-2, (short)0), (pairs[0], pairs[1], pairs[2]));
        Assert.Equal((short.MaxValue - 2, 0), (ByteInstructions.AddPairs(pairs)[0], ByteInstructions.AddPairs(pairs)[1]));
    }

    [Fact]
    public void MultiplyAddQuads_ByHand_DoesNotSaturate()
    {
        Vector256<int> sums = ByteInstructions.MultiplyAddQuads(Vector256.Create(-7), Vector256.Create((byte)255), Vector256.Create((sbyte)127));
        Assert.Equal(Vector256.Create((4 * 255 * 127) - 7), sums);
    }

    [Fact]
    public void ApplySign_ByHand_NegatesKeepsOrClears()
    {
        Vector256<sbyte> signs = Vector256<sbyte>.Zero.WithElement(0, (sbyte)-5).WithElement(1, (sbyte)9).WithElement(31, (sbyte)-127);
        Vector256<sbyte> signed = ByteInstructions.ApplySign(Vector256.Create((sbyte)100), signs);
        Assert.Equal(((sbyte)-100, (sbyte)100, (sbyte)0, (sbyte)-100), (signed[0], signed[1], signed[2], signed[31]));
        Vector512<sbyte> wide = ByteInstructions.ApplySign(Vector512.Create((sbyte)100), Vector512.Create(signs, signs));
        Assert.Equal(((sbyte)-100, (sbyte)100, (sbyte)-100), (wide[32], wide[33], wide[63]));
    }
}
