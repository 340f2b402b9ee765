using System.Runtime.CompilerServices;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>Sizes of the tiles of <see cref="DotTiles{TLanes, TVector, TElement}"/>.</summary>
internal static class DotTiles
{
    /// <summary>Weight rows of a tile.</summary>
    public const int Rows = 3;

    /// <summary>Tokens of the largest tile: its twelve sums, three weights and an activation fill sixteen registers.</summary>
    public const int MostTokens = 4;
}

/// <summary>The innermost loops of <see cref="SharedDotProducts{TLanes, TVector, TElement}"/>: 3 rows by 2, 3 or 4 tokens.</summary>
internal static class DotTiles<TLanes, TVector, TElement>
    where TLanes : ILanes<TVector>
    where TVector : struct
    where TElement : IWeightElement
{
    /// <summary>Adds the products of some columns to the sums of a tile.</summary>
    /// <param name="tokens">2, 3 or 4.</param>
    /// <param name="x">First activation; tokens are <paramref name="count"/> apart.</param>
    /// <param name="w">First weight of the first row.</param>
    /// <param name="stride">Weights from one row to the next.</param>
    /// <param name="count">Columns, whole vectors.</param>
    /// <param name="next">What a step of the loop fetches ahead of time; any address will do.</param>
    /// <param name="step">Bytes by which it moves.</param>
    /// <param name="sums">Vectors of sums. Shape <c>[tokens, 3, Count]</c>.</param>
    public static void Add(int tokens, ref float x, ref byte w, nuint stride, nuint count, ref byte next, nuint step, ref float sums)
    {
        switch (tokens)
        {
            case 4:
                FourTokens(ref x, ref w, stride, count, ref next, step, ref sums);
                break;
            case 3:
                ThreeTokens(ref x, ref w, stride, count, ref next, step, ref sums);
                break;
            default:
                TwoTokens(ref x, ref w, stride, count, ref next, step, ref sums);
                break;
        }
    }

    // aRT: sums of row R and token T. The loops contain no calls: a sum that lived across one would be stored to the stack in every step.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void FourTokens(ref float x, ref byte w, nuint stride, nuint count, ref byte next, nuint step, ref float sums)
    {
        nuint n = (nuint)TLanes.Count;
        TVector a00 = TLanes.Load(ref sums, 0), a10 = TLanes.Load(ref sums, n), a20 = TLanes.Load(ref sums, 2 * n);
        TVector a01 = TLanes.Load(ref sums, 3 * n), a11 = TLanes.Load(ref sums, 4 * n), a21 = TLanes.Load(ref sums, 5 * n);
        TVector a02 = TLanes.Load(ref sums, 6 * n), a12 = TLanes.Load(ref sums, 7 * n), a22 = TLanes.Load(ref sums, 8 * n);
        TVector a03 = TLanes.Load(ref sums, 9 * n), a13 = TLanes.Load(ref sums, 10 * n), a23 = TLanes.Load(ref sums, 11 * n);
        ref float x1 = ref Unsafe.Add(ref x, count), x2 = ref Unsafe.Add(ref x1, count), x3 = ref Unsafe.Add(ref x2, count);
        ref byte w1 = ref Unsafe.Add(ref w, stride * (nuint)TElement.Size), w2 = ref Unsafe.Add(ref w1, stride * (nuint)TElement.Size);
        for (nuint c = 0; c < count; c += (nuint)TLanes.Count)
        {
            Prefetch.Later(ref next);
            next = ref Unsafe.Add(ref next, step);
            TVector weight0 = TElement.Load<TLanes, TVector>(ref w, c), weight1 = TElement.Load<TLanes, TVector>(ref w1, c), weight2 = TElement.Load<TLanes, TVector>(ref w2, c);
            TVector token = TLanes.Load(ref x, c);
            a00 = TLanes.MultiplyAdd(token, weight0, a00);
            a10 = TLanes.MultiplyAdd(token, weight1, a10);
            a20 = TLanes.MultiplyAdd(token, weight2, a20);
            token = TLanes.Load(ref x1, c);
            a01 = TLanes.MultiplyAdd(token, weight0, a01);
            a11 = TLanes.MultiplyAdd(token, weight1, a11);
            a21 = TLanes.MultiplyAdd(token, weight2, a21);
            token = TLanes.Load(ref x2, c);
            a02 = TLanes.MultiplyAdd(token, weight0, a02);
            a12 = TLanes.MultiplyAdd(token, weight1, a12);
            a22 = TLanes.MultiplyAdd(token, weight2, a22);
            token = TLanes.Load(ref x3, c);
            a03 = TLanes.MultiplyAdd(token, weight0, a03);
            a13 = TLanes.MultiplyAdd(token, weight1, a13);
            a23 = TLanes.MultiplyAdd(token, weight2, a23);
        }

        TLanes.Store(a00, ref sums, 0);
        TLanes.Store(a10, ref sums, n);
        TLanes.Store(a20, ref sums, 2 * n);
        TLanes.Store(a01, ref sums, 3 * n);
        TLanes.Store(a11, ref sums, 4 * n);
        TLanes.Store(a21, ref sums, 5 * n);
        TLanes.Store(a02, ref sums, 6 * n);
        TLanes.Store(a12, ref sums, 7 * n);
        TLanes.Store(a22, ref sums, 8 * n);
        TLanes.Store(a03, ref sums, 9 * n);
        TLanes.Store(a13, ref sums, 10 * n);
        TLanes.Store(a23, ref sums, 11 * n);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void ThreeTokens(ref float x, ref byte w, nuint stride, nuint count, ref byte next, nuint step, ref float sums)
    {
        nuint n = (nuint)TLanes.Count;
        TVector a00 = TLanes.Load(ref sums, 0), a10 = TLanes.Load(ref sums, n), a20 = TLanes.Load(ref sums, 2 * n);
        TVector a01 = TLanes.Load(ref sums, 3 * n), a11 = TLanes.Load(ref sums, 4 * n), a21 = TLanes.Load(ref sums, 5 * n);
        TVector a02 = TLanes.Load(ref sums, 6 * n), a12 = TLanes.Load(ref sums, 7 * n), a22 = TLanes.Load(ref sums, 8 * n);
        ref float x1 = ref Unsafe.Add(ref x, count), x2 = ref Unsafe.Add(ref x1, count);
        ref byte w1 = ref Unsafe.Add(ref w, stride * (nuint)TElement.Size), w2 = ref Unsafe.Add(ref w1, stride * (nuint)TElement.Size);
        for (nuint c = 0; c < count; c += (nuint)TLanes.Count)
        {
            Prefetch.Later(ref next);
            next = ref Unsafe.Add(ref next, step);
            TVector weight0 = TElement.Load<TLanes, TVector>(ref w, c), weight1 = TElement.Load<TLanes, TVector>(ref w1, c), weight2 = TElement.Load<TLanes, TVector>(ref w2, c);
            TVector token = TLanes.Load(ref x, c);
            a00 = TLanes.MultiplyAdd(token, weight0, a00);
            a10 = TLanes.MultiplyAdd(token, weight1, a10);
            a20 = TLanes.MultiplyAdd(token, weight2, a20);
            token = TLanes.Load(ref x1, c);
            a01 = TLanes.MultiplyAdd(token, weight0, a01);
            a11 = TLanes.MultiplyAdd(token, weight1, a11);
            a21 = TLanes.MultiplyAdd(token, weight2, a21);
            token = TLanes.Load(ref x2, c);
            a02 = TLanes.MultiplyAdd(token, weight0, a02);
            a12 = TLanes.MultiplyAdd(token, weight1, a12);
            a22 = TLanes.MultiplyAdd(token, weight2, a22);
        }

        TLanes.Store(a00, ref sums, 0);
        TLanes.Store(a10, ref sums, n);
        TLanes.Store(a20, ref sums, 2 * n);
        TLanes.Store(a01, ref sums, 3 * n);
        TLanes.Store(a11, ref sums, 4 * n);
        TLanes.Store(a21, ref sums, 5 * n);
        TLanes.Store(a02, ref sums, 6 * n);
        TLanes.Store(a12, ref sums, 7 * n);
        TLanes.Store(a22, ref sums, 8 * n);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void TwoTokens(ref float x, ref byte w, nuint stride, nuint count, ref byte next, nuint step, ref float sums)
    {
        nuint n = (nuint)TLanes.Count;
        TVector a00 = TLanes.Load(ref sums, 0), a10 = TLanes.Load(ref sums, n), a20 = TLanes.Load(ref sums, 2 * n);
        TVector a01 = TLanes.Load(ref sums, 3 * n), a11 = TLanes.Load(ref sums, 4 * n), a21 = TLanes.Load(ref sums, 5 * n);
        ref float x1 = ref Unsafe.Add(ref x, count);
        ref byte w1 = ref Unsafe.Add(ref w, stride * (nuint)TElement.Size), w2 = ref Unsafe.Add(ref w1, stride * (nuint)TElement.Size);
        for (nuint c = 0; c < count; c += (nuint)TLanes.Count)
        {
            Prefetch.Later(ref next);
            next = ref Unsafe.Add(ref next, step);
            TVector weight0 = TElement.Load<TLanes, TVector>(ref w, c), weight1 = TElement.Load<TLanes, TVector>(ref w1, c), weight2 = TElement.Load<TLanes, TVector>(ref w2, c);
            TVector token = TLanes.Load(ref x, c);
            a00 = TLanes.MultiplyAdd(token, weight0, a00);
            a10 = TLanes.MultiplyAdd(token, weight1, a10);
            a20 = TLanes.MultiplyAdd(token, weight2, a20);
            token = TLanes.Load(ref x1, c);
            a01 = TLanes.MultiplyAdd(token, weight0, a01);
            a11 = TLanes.MultiplyAdd(token, weight1, a11);
            a21 = TLanes.MultiplyAdd(token, weight2, a21);
        }

        TLanes.Store(a00, ref sums, 0);
        TLanes.Store(a10, ref sums, n);
        TLanes.Store(a20, ref sums, 2 * n);
        TLanes.Store(a01, ref sums, 3 * n);
        TLanes.Store(a11, ref sums, 4 * n);
        TLanes.Store(a21, ref sums, 5 * n);
    }
}
