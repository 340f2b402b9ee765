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
        Vector256<byte> raise = Vector256.Create((byte)0x80);
        HalfStep.Begin(ref weights, ref activations, firstHalf);
        for (int half = firstHalf; half < firstHalf + halves; half++)
        {
            Vector256<short> pairs00 = default, pairs01 = default, pairs10 = default, pairs11 = default, pairs20 = default, pairs21 = default, pairs30 = default, pairs31 = default;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen(Vector256<short> pairs, int* sums, int feature, int eight) =>
        HalfStep.Store(HalfStep.Load(sums, feature, eight) + ByteInstructions.AddPairs(pairs), sums, feature, eight);
}
