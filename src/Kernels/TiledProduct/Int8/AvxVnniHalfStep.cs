using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>Any codes with AVX-VNNI: one <c>vpdpbusd</c> for 32 products, with activations raised to unsigned bytes.</summary>
/// <remarks>The sums wrap, so they are exact wherever the true sum fits in 32 bits. <c>sum21</c> is feature 2, tokens 8 to 15.</remarks>
internal readonly unsafe struct AvxVnniHalfStep : IHalfStep
{
    public static string Name => "avxvnni";

    public static bool Raises => true;

    public static void Add(byte* weights, byte* activations, int firstHalf, int halves, int* sums)
    {
        Vector256<int> sum00 = HalfStep.Load(sums, 0, 0), sum01 = HalfStep.Load(sums, 0, 1), sum10 = HalfStep.Load(sums, 1, 0), sum11 = HalfStep.Load(sums, 1, 1);
        Vector256<int> sum20 = HalfStep.Load(sums, 2, 0), sum21 = HalfStep.Load(sums, 2, 1), sum30 = HalfStep.Load(sums, 3, 0), sum31 = HalfStep.Load(sums, 3, 1);
        HalfStep.Begin(ref weights, ref activations, firstHalf);
        for (int half = firstHalf; half < firstHalf + halves; half++)
        {
            AddHalf(weights, activations, ref sum00, ref sum01, ref sum10, ref sum11, ref sum20, ref sum21, ref sum30, ref sum31);
            HalfStep.Next(ref weights, ref activations, half);
        }

        HalfStep.Store(sum00, sums, 0, 0);
        HalfStep.Store(sum01, sums, 0, 1);
        HalfStep.Store(sum10, sums, 1, 0);
        HalfStep.Store(sum11, sums, 1, 1);
        HalfStep.Store(sum20, sums, 2, 0);
        HalfStep.Store(sum21, sums, 2, 1);
        HalfStep.Store(sum30, sums, 3, 0);
        HalfStep.Store(sum31, sums, 3, 1);
    }

    public static void AddGroups(byte* weights, byte* activations, int firstHalf, int groups, int groupHalves, GroupSums sums, int* waiting, bool isFirst)
    {
        HalfStep.Begin(ref weights, ref activations, firstHalf);
        for (int half = firstHalf, end = firstHalf + (groups * groupHalves); half < end; isFirst = false)
        {
            Vector256<int> sum00 = sums.Start(0), sum01 = sum00, sum10 = sums.Start(1), sum11 = sum10, sum20 = sums.Start(2), sum21 = sum20, sum30 = sums.Start(3), sum31 = sum30;
            for (int groupEnd = half + groupHalves; half < groupEnd; half++)
            {
                AddHalf(weights, activations, ref sum00, ref sum01, ref sum10, ref sum11, ref sum20, ref sum21, ref sum30, ref sum31);
                HalfStep.Next(ref weights, ref activations, half);
            }

            sums.Scale(sum00, 0, 0, isFirst);
            sums.Scale(sum01, 0, 1, isFirst);
            sums.Scale(sum10, 1, 0, isFirst);
            sums.Scale(sum11, 1, 1, isFirst);
            sums.Scale(sum20, 2, 0, isFirst);
            sums.Scale(sum21, 2, 1, isFirst);
            sums.Scale(sum30, 3, 0, isFirst);
            sums.Scale(sum31, 3, 1, isFirst);
            sums.Next();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddHalf(
        byte* weights,
        byte* activations,
        ref Vector256<int> sum00,
        ref Vector256<int> sum01,
        ref Vector256<int> sum10,
        ref Vector256<int> sum11,
        ref Vector256<int> sum20,
        ref Vector256<int> sum21,
        ref Vector256<int> sum30,
        ref Vector256<int> sum31)
    {
        Vector256<byte> raise = Vector256.Create((byte)0x80);
        for (int quad = 0; quad < HalfStep.Quads; quad++)
        {
            Vector256<byte> tokens0 = HalfStep.Tokens(activations, quad, 0) ^ raise, tokens1 = HalfStep.Tokens(activations, quad, 1) ^ raise;
            Vector256<sbyte> codes = HalfStep.Codes(weights, 0, quad).AsSByte();
            (sum00, sum01) = (ByteInstructions.MultiplyAddQuads(sum00, tokens0, codes), ByteInstructions.MultiplyAddQuads(sum01, tokens1, codes));
            codes = HalfStep.Codes(weights, 1, quad).AsSByte();
            (sum10, sum11) = (ByteInstructions.MultiplyAddQuads(sum10, tokens0, codes), ByteInstructions.MultiplyAddQuads(sum11, tokens1, codes));
            codes = HalfStep.Codes(weights, 2, quad).AsSByte();
            (sum20, sum21) = (ByteInstructions.MultiplyAddQuads(sum20, tokens0, codes), ByteInstructions.MultiplyAddQuads(sum21, tokens1, codes));
            codes = HalfStep.Codes(weights, 3, quad).AsSByte();
            (sum30, sum31) = (ByteInstructions.MultiplyAddQuads(sum30, tokens0, codes), ByteInstructions.MultiplyAddQuads(sum31, tokens1, codes));
        }
    }
}
