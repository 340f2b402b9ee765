using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Benchmarks.Ceilings;

/// <summary>Products of bytes in registers of which one operand is small, four pair sums added before they are widened: ten independent sums.</summary>
internal static class PackedLoop<TStep, TBytes, TSums, TFloats>
    where TStep : IPackedStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    private const int Sums = 10;

    private static int _last;

    // Without vector hardware a round takes some hundred times as long.
    private static int Rounds => Vector128.IsHardwareAccelerated ? 10_000 : 40;

    public static CeilingLoop Int4(string instruction) => new(CeilingKind.Int4, instruction, 8.0 * Sums * TStep.Width * Rounds, () => _last = MultiplyFour(Rounds));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int MultiplyFour(int rounds)
    {
        TBytes fields = TStep.Broadcast(3);
        TSums a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default, i = default, j = default;
        for (int n = 0; n < rounds; n++)
        {
            (a, b, c) = (Step(a, b, c, d), Step(b, c, d, e), Step(c, d, e, f));
            (d, e, f) = (Step(d, e, f, g), Step(e, f, g, h), Step(f, g, h, i));
            (g, h, i, j) = (Step(g, h, i, j), Step(h, i, j, a), Step(i, j, a, b), Step(j, a, b, c));
        }

        return TStep.Sum(a) + TStep.Sum(b) + TStep.Sum(c) + TStep.Sum(d) + TStep.Sum(e) + TStep.Sum(f) + TStep.Sum(g) + TStep.Sum(h) + TStep.Sum(i) + TStep.Sum(j);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        TSums Step(TSums sums, TSums x, TSums y, TSums z)
        {
            TSums part = TStep.MultiplyAddPart(default, fields, Unsafe.BitCast<TSums, TBytes>(sums));
            part = TStep.MultiplyAddPart(part, fields, Unsafe.BitCast<TSums, TBytes>(x));
            part = TStep.MultiplyAddPart(part, fields, Unsafe.BitCast<TSums, TBytes>(y));
            return TStep.AddPart(sums, TStep.MultiplyAddPart(part, fields, Unsafe.BitCast<TSums, TBytes>(z)));
        }
    }
}
