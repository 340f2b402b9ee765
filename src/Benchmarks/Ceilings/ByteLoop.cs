using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Benchmarks.Ceilings;

/// <summary>Products of bytes in registers: ten independent sums, enough to hide their latency.</summary>
/// <remarks>The operands are the sums themselves, so that the compiler can take no product out of the loop.</remarks>
internal static class ByteLoop<TStep, TBytes, TSums, TFloats>
    where TStep : IByteStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    private const int Sums = 10;

    private static int _last;

    // Without vector hardware a round takes some hundred times as long.
    private static int Rounds => Vector128.IsHardwareAccelerated ? 20_000 : 80;

    /// <summary>Makes the loop whose products fill a 16-bit pair sum, as those of two int8 codes do.</summary>
    public static CeilingLoop Int8(string instruction) => new(CeilingKind.Int8, instruction, 2.0 * Sums * TStep.Width * Rounds, () => _last = Multiply(Rounds));

    /// <summary>Makes the loop in which two pair sums are added before they are widened, as there is room for with codes of 4 bits.</summary>
    public static CeilingLoop Int4(string instruction) => new(CeilingKind.Int4, instruction, 4.0 * Sums * TStep.Width * Rounds, () => _last = MultiplyTwo(Rounds));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Multiply(int rounds)
    {
        TBytes weights = TStep.Broadcast(3);
        TSums a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default, i = default, j = default;
        for (int n = 0; n < rounds; n++)
        {
            (a, b, c) = (Step(a), Step(b), Step(c));
            (d, e, f) = (Step(d), Step(e), Step(f));
            (g, h, i, j) = (Step(g), Step(h), Step(i), Step(j));
        }

        return TStep.Sum(a) + TStep.Sum(b) + TStep.Sum(c) + TStep.Sum(d) + TStep.Sum(e) + TStep.Sum(f) + TStep.Sum(g) + TStep.Sum(h) + TStep.Sum(i) + TStep.Sum(j);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        TSums Step(TSums sums) => TStep.MultiplyAddSmall(sums, Unsafe.BitCast<TSums, TBytes>(sums), weights);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int MultiplyTwo(int rounds)
    {
        TBytes weights = TStep.Broadcast(3);
        TSums a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default, i = default, j = default;
        for (int n = 0; n < rounds; n++)
        {
            (a, b, c) = (Step(a, b), Step(b, c), Step(c, d));
            (d, e, f) = (Step(d, e), Step(e, f), Step(f, g));
            (g, h, i, j) = (Step(g, h), Step(h, i), Step(i, j), Step(j, a));
        }

        return TStep.Sum(a) + TStep.Sum(b) + TStep.Sum(c) + TStep.Sum(d) + TStep.Sum(e) + TStep.Sum(f) + TStep.Sum(g) + TStep.Sum(h) + TStep.Sum(i) + TStep.Sum(j);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        TSums Step(TSums sums, TSums other) => TStep.MultiplyAddSmall(sums, Unsafe.BitCast<TSums, TBytes>(sums), weights, Unsafe.BitCast<TSums, TBytes>(other), weights);
    }
}
