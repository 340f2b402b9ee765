using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>Codes of −127…127 with AVX2: <c>vpmaddubsw</c> wants one unsigned operand, so it takes |activation|, and the weight the activation's sign.</summary>
/// <remarks>A pair of products is at most 2 · 127 · 127 = 32258, which 16 bits hold. <c>sum21</c> is feature 2, tokens 8 to 15.</remarks>
internal readonly unsafe struct Avx2HalfStep : IHalfStep
{
    public static string Name => "avx2";

    public static bool Raises => false;

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
            Vector256<int> sum00 = default, sum01 = default, sum10 = default, sum11 = default, sum20 = default, sum21 = default, sum30 = default, sum31 = default;
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
        for (int quad = 0; quad < HalfStep.Quads; quad++)
        {
            Vector256<sbyte> tokens0 = HalfStep.Tokens(activations, quad, 0).AsSByte(), tokens1 = HalfStep.Tokens(activations, quad, 1).AsSByte();
            Vector256<byte> size0 = Vector256.Abs(tokens0).AsByte(), size1 = Vector256.Abs(tokens1).AsByte();
            Vector256<sbyte> codes = HalfStep.Codes(weights, 0, quad).AsSByte();
            (sum00, sum01) = (Add(sum00, codes, tokens0, size0), Add(sum01, codes, tokens1, size1));
            codes = HalfStep.Codes(weights, 1, quad).AsSByte();
            (sum10, sum11) = (Add(sum10, codes, tokens0, size0), Add(sum11, codes, tokens1, size1));
            codes = HalfStep.Codes(weights, 2, quad).AsSByte();
            (sum20, sum21) = (Add(sum20, codes, tokens0, size0), Add(sum21, codes, tokens1, size1));
            codes = HalfStep.Codes(weights, 3, quad).AsSByte();
            (sum30, sum31) = (Add(sum30, codes, tokens0, size0), Add(sum31, codes, tokens1, size1));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Add(Vector256<int> sums, Vector256<sbyte> codes, Vector256<sbyte> tokens, Vector256<byte> sizes) =>
        sums + ByteInstructions.AddPairs(ByteInstructions.MultiplyAddPairs(sizes, ByteInstructions.ApplySign(codes, tokens)));
}
