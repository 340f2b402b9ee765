using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>Codes of −8…7 with AVX2: activations are raised to unsigned bytes, and half a step adds up in 16 bits before it widens.</summary>
/// <remarks>16 products of at most 255 · 8 are at most 32640, which 16 bits hold. So 32 products cost two instructions and a bit, where codes of 8 bits cost four.
/// <c>pairs21</c> is feature 2, tokens 8 to 15.</remarks>
internal readonly unsafe struct Avx2SmallHalfStep : IHalfStep
{
    public static string Name => "avx2";

    public static bool Raises => true;

    public static void Add(byte* weights, byte* activations, int firstHalf, int halves, int* sums)
    {
        HalfStep.Begin(ref weights, ref activations, firstHalf);
        for (int half = firstHalf; half < firstHalf + halves; half++)
        {
            Pairs(weights, activations, out Vector256<short> pairs00, out Vector256<short> pairs01, out Vector256<short> pairs10, out Vector256<short> pairs11, out Vector256<short> pairs20, out Vector256<short> pairs21, out Vector256<short> pairs30, out Vector256<short> pairs31);
            Widen(pairs00, sums, 0, 0);
            Widen(pairs01, sums, 0, 1);
            Widen(pairs10, sums, 1, 0);
            Widen(pairs11, sums, 1, 1);
            Widen(pairs20, sums, 2, 0);
            Widen(pairs21, sums, 2, 1);
            Widen(pairs30, sums, 3, 0);
            Widen(pairs31, sums, 3, 1);
            HalfStep.Next(ref weights, ref activations, half);
        }
    }

    public static void AddGroups(byte* weights, byte* activations, int firstHalf, int groups, int groupHalves, GroupSums sums, int* waiting, bool isFirst)
    {
        HalfStep.Begin(ref weights, ref activations, firstHalf);
        for (int half = firstHalf, end = firstHalf + (groups * groupHalves); half < end; isFirst = false)
        {
            // Sums of groups of several half steps wait in memory: there are not enough registers.
            for (int left = groupHalves; left > 0; left--)
            {
                Pairs(weights, activations, out Vector256<short> pairs00, out Vector256<short> pairs01, out Vector256<short> pairs10, out Vector256<short> pairs11, out Vector256<short> pairs20, out Vector256<short> pairs21, out Vector256<short> pairs30, out Vector256<short> pairs31);
                if (groupHalves == 1)
                {
                    sums.Scale(sums.Start(0) + ByteInstructions.AddPairs(pairs00), 0, 0, isFirst);
                    sums.Scale(sums.Start(0) + ByteInstructions.AddPairs(pairs01), 0, 1, isFirst);
                    sums.Scale(sums.Start(1) + ByteInstructions.AddPairs(pairs10), 1, 0, isFirst);
                    sums.Scale(sums.Start(1) + ByteInstructions.AddPairs(pairs11), 1, 1, isFirst);
                    sums.Scale(sums.Start(2) + ByteInstructions.AddPairs(pairs20), 2, 0, isFirst);
                    sums.Scale(sums.Start(2) + ByteInstructions.AddPairs(pairs21), 2, 1, isFirst);
                    sums.Scale(sums.Start(3) + ByteInstructions.AddPairs(pairs30), 3, 0, isFirst);
                    sums.Scale(sums.Start(3) + ByteInstructions.AddPairs(pairs31), 3, 1, isFirst);
                }
                else if (left == groupHalves)
                {
                    Begin(pairs00, sums, waiting, 0, 0);
                    Begin(pairs01, sums, waiting, 0, 1);
                    Begin(pairs10, sums, waiting, 1, 0);
                    Begin(pairs11, sums, waiting, 1, 1);
                    Begin(pairs20, sums, waiting, 2, 0);
                    Begin(pairs21, sums, waiting, 2, 1);
                    Begin(pairs30, sums, waiting, 3, 0);
                    Begin(pairs31, sums, waiting, 3, 1);
                }
                else if (left > 1)
                {
                    Widen(pairs00, waiting, 0, 0);
                    Widen(pairs01, waiting, 0, 1);
                    Widen(pairs10, waiting, 1, 0);
                    Widen(pairs11, waiting, 1, 1);
                    Widen(pairs20, waiting, 2, 0);
                    Widen(pairs21, waiting, 2, 1);
                    Widen(pairs30, waiting, 3, 0);
                    Widen(pairs31, waiting, 3, 1);
                }
                else
                {
                    sums.Scale(HalfStep.Load(waiting, 0, 0) + ByteInstructions.AddPairs(pairs00), 0, 0, isFirst);
                    sums.Scale(HalfStep.Load(waiting, 0, 1) + ByteInstructions.AddPairs(pairs01), 0, 1, isFirst);
                    sums.Scale(HalfStep.Load(waiting, 1, 0) + ByteInstructions.AddPairs(pairs10), 1, 0, isFirst);
                    sums.Scale(HalfStep.Load(waiting, 1, 1) + ByteInstructions.AddPairs(pairs11), 1, 1, isFirst);
                    sums.Scale(HalfStep.Load(waiting, 2, 0) + ByteInstructions.AddPairs(pairs20), 2, 0, isFirst);
                    sums.Scale(HalfStep.Load(waiting, 2, 1) + ByteInstructions.AddPairs(pairs21), 2, 1, isFirst);
                    sums.Scale(HalfStep.Load(waiting, 3, 0) + ByteInstructions.AddPairs(pairs30), 3, 0, isFirst);
                    sums.Scale(HalfStep.Load(waiting, 3, 1) + ByteInstructions.AddPairs(pairs31), 3, 1, isFirst);
                }

                HalfStep.Next(ref weights, ref activations, half);
                half++;
            }

            sums.Next();
        }
    }

    /// <summary>Multiplies half a step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pairs(
        byte* weights,
        byte* activations,
        out Vector256<short> pairs00,
        out Vector256<short> pairs01,
        out Vector256<short> pairs10,
        out Vector256<short> pairs11,
        out Vector256<short> pairs20,
        out Vector256<short> pairs21,
        out Vector256<short> pairs30,
        out Vector256<short> pairs31)
    {
        Vector256<byte> raise = Vector256.Create((byte)0x80);
        pairs00 = default;
        pairs01 = default;
        pairs10 = default;
        pairs11 = default;
        pairs20 = default;
        pairs21 = default;
        pairs30 = default;
        pairs31 = default;
        for (int quad = 0; quad < HalfStep.Quads; quad++)
        {
            Vector256<byte> tokens0 = HalfStep.Tokens(activations, quad, 0) ^ raise, tokens1 = HalfStep.Tokens(activations, quad, 1) ^ raise;
            Vector256<sbyte> codes = HalfStep.Codes(weights, 0, quad).AsSByte();
            (pairs00, pairs01) = (pairs00 + ByteInstructions.MultiplyAddPairs(tokens0, codes), pairs01 + ByteInstructions.MultiplyAddPairs(tokens1, codes));
            codes = HalfStep.Codes(weights, 1, quad).AsSByte();
            (pairs10, pairs11) = (pairs10 + ByteInstructions.MultiplyAddPairs(tokens0, codes), pairs11 + ByteInstructions.MultiplyAddPairs(tokens1, codes));
            codes = HalfStep.Codes(weights, 2, quad).AsSByte();
            (pairs20, pairs21) = (pairs20 + ByteInstructions.MultiplyAddPairs(tokens0, codes), pairs21 + ByteInstructions.MultiplyAddPairs(tokens1, codes));
            codes = HalfStep.Codes(weights, 3, quad).AsSByte();
            (pairs30, pairs31) = (pairs30 + ByteInstructions.MultiplyAddPairs(tokens0, codes), pairs31 + ByteInstructions.MultiplyAddPairs(tokens1, codes));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Begin(Vector256<short> pairs, GroupSums sums, int* waiting, int feature, int eight) =>
        HalfStep.Store(sums.Start(feature) + ByteInstructions.AddPairs(pairs), waiting, feature, eight);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen(Vector256<short> pairs, int* sums, int feature, int eight) =>
        HalfStep.Store(HalfStep.Load(sums, feature, eight) + ByteInstructions.AddPairs(pairs), sums, feature, eight);
}
