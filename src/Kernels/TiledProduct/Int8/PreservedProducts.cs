using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>The preserved channels of a block: added in float to sums that are still in the first-level cache.</summary>
internal static unsafe class PreservedProducts
{
    private const int Tokens = TileLayout.StripTokens;

    /// <summary>Computes <c>sums[r, t] = sums[r, t] · scales[t] + Σ_j columns[r, j] · preserved[j, t]</c>, one fused multiply-add each, in the order of the channels.</summary>
    /// <param name="sums">Sums of some features. Shape <c>[rows, 32]</c>: feature, token.</param>
    /// <param name="scales">Step size of each token. Shape <c>[32]</c>.</param>
    /// <param name="preserved">Preserved channels of each token. Shape <c>[count, 32]</c>.</param>
    /// <param name="columns">Float weights of the preserved channels. Shape <c>[rows, count]</c>.</param>
    /// <param name="count">Number of preserved channels.</param>
    /// <param name="rows">Number of features.</param>
    public static void Add(float* sums, float* scales, float* preserved, float* columns, int count, int rows)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Add<Lanes512, Vector512<float>>(sums, scales, preserved, columns, count, rows);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Add<Lanes256, Vector256<float>>(sums, scales, preserved, columns, count, rows);
        }
        else
        {
            Add<Lanes128, Vector128<float>>(sums, scales, preserved, columns, count, rows);
        }
    }

    private static void Add<TLanes, TVector>(float* sums, float* scales, float* preserved, float* columns, int count, int rows)
        where TLanes : ILanes<TVector>
        where TVector : struct
    {
        int r = 0;
        for (; r + 4 <= rows; r += 4)
        {
            for (int t = 0; t < Tokens; t += 2 * TLanes.Count)
            {
                AddToFour<TLanes, TVector>(ref sums[(r * Tokens) + t], ref scales[t], ref preserved[t], ref columns[(nint)r * count], (nuint)count);
            }
        }

        for (; r < rows; r++)
        {
            for (int t = 0; t < Tokens; t += TLanes.Count)
            {
                AddToOne<TLanes, TVector>(ref sums[(r * Tokens) + t], ref scales[t], ref preserved[t], ref columns[(nint)r * count], (nuint)count);
            }
        }
    }

    /// <summary>Four features by two vectors of tokens: eight chains of additions hide their latency. <c>sum21</c> is feature 2, second vector.</summary>
    private static void AddToFour<TLanes, TVector>(ref float sums, ref float scales, ref float preserved, ref float columns, nuint count)
        where TLanes : ILanes<TVector>
        where TVector : struct
    {
        nuint second = (nuint)TLanes.Count;
        TVector scale0 = TLanes.Load(ref scales, 0), scale1 = TLanes.Load(ref scales, second), zero = TLanes.Broadcast(0);
        TVector sum00 = TLanes.MultiplyAdd(TLanes.Load(ref sums, 0), scale0, zero), sum01 = TLanes.MultiplyAdd(TLanes.Load(ref sums, second), scale1, zero);
        TVector sum10 = TLanes.MultiplyAdd(TLanes.Load(ref sums, Tokens), scale0, zero), sum11 = TLanes.MultiplyAdd(TLanes.Load(ref sums, Tokens + second), scale1, zero);
        TVector sum20 = TLanes.MultiplyAdd(TLanes.Load(ref sums, 2 * Tokens), scale0, zero), sum21 = TLanes.MultiplyAdd(TLanes.Load(ref sums, (2 * Tokens) + second), scale1, zero);
        TVector sum30 = TLanes.MultiplyAdd(TLanes.Load(ref sums, 3 * Tokens), scale0, zero), sum31 = TLanes.MultiplyAdd(TLanes.Load(ref sums, (3 * Tokens) + second), scale1, zero);
        for (nuint j = 0; j < count; j++)
        {
            TVector values0 = TLanes.Load(ref preserved, j * Tokens), values1 = TLanes.Load(ref preserved, (j * Tokens) + second);
            TVector weight = TLanes.Broadcast(Unsafe.Add(ref columns, j));
            (sum00, sum01) = (TLanes.MultiplyAdd(weight, values0, sum00), TLanes.MultiplyAdd(weight, values1, sum01));
            weight = TLanes.Broadcast(Unsafe.Add(ref columns, count + j));
            (sum10, sum11) = (TLanes.MultiplyAdd(weight, values0, sum10), TLanes.MultiplyAdd(weight, values1, sum11));
            weight = TLanes.Broadcast(Unsafe.Add(ref columns, (2 * count) + j));
            (sum20, sum21) = (TLanes.MultiplyAdd(weight, values0, sum20), TLanes.MultiplyAdd(weight, values1, sum21));
            weight = TLanes.Broadcast(Unsafe.Add(ref columns, (3 * count) + j));
            (sum30, sum31) = (TLanes.MultiplyAdd(weight, values0, sum30), TLanes.MultiplyAdd(weight, values1, sum31));
        }

        TLanes.Store(sum00, ref sums, 0);
        TLanes.Store(sum01, ref sums, second);
        TLanes.Store(sum10, ref sums, Tokens);
        TLanes.Store(sum11, ref sums, Tokens + second);
        TLanes.Store(sum20, ref sums, 2 * Tokens);
        TLanes.Store(sum21, ref sums, (2 * Tokens) + second);
        TLanes.Store(sum30, ref sums, 3 * Tokens);
        TLanes.Store(sum31, ref sums, (3 * Tokens) + second);
    }

    /// <summary>The same operations on the same lanes for one feature, so its bits do not depend on its neighbours.</summary>
    private static void AddToOne<TLanes, TVector>(ref float sums, ref float scales, ref float preserved, ref float columns, nuint count)
        where TLanes : ILanes<TVector>
        where TVector : struct
    {
        TVector sum = TLanes.MultiplyAdd(TLanes.Load(ref sums, 0), TLanes.Load(ref scales, 0), TLanes.Broadcast(0));
        for (nuint j = 0; j < count; j++)
        {
            sum = TLanes.MultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref columns, j)), TLanes.Load(ref preserved, j * Tokens), sum);
        }

        TLanes.Store(sum, ref sums, 0);
    }
}
