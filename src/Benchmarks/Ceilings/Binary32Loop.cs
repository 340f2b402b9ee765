using System.Runtime.CompilerServices;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Benchmarks.Ceilings;

/// <summary>Binary32 multiply-adds in registers: ten independent sums, enough to hide their latency.</summary>
internal static class Binary32Loop<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    private const int Rounds = 20_000;
    private const int Sums = 10;

    private static float _last;

    public static CeilingLoop Create(string instruction) => new(CeilingKind.F32, instruction, 2.0 * Sums * TLanes.Count * Rounds, () => _last = Multiply(Rounds));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Multiply(int rounds)
    {
        TVector x = TLanes.Broadcast(0.999f), y = TLanes.Broadcast(0.5f);
        TVector a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y;
        for (int n = 0; n < rounds; n++)
        {
            (a, b, c) = (TLanes.MultiplyAdd(a, x, y), TLanes.MultiplyAdd(b, x, y), TLanes.MultiplyAdd(c, x, y));
            (d, e, f) = (TLanes.MultiplyAdd(d, x, y), TLanes.MultiplyAdd(e, x, y), TLanes.MultiplyAdd(f, x, y));
            (g, h, i, j) = (TLanes.MultiplyAdd(g, x, y), TLanes.MultiplyAdd(h, x, y), TLanes.MultiplyAdd(i, x, y), TLanes.MultiplyAdd(j, x, y));
        }

        TVector left = TLanes.Add(TLanes.Add(TLanes.Add(a, b), TLanes.Add(c, d)), e), right = TLanes.Add(TLanes.Add(TLanes.Add(f, g), TLanes.Add(h, i)), j);
        return TLanes.Sum(TLanes.Add(left, right));
    }
}
