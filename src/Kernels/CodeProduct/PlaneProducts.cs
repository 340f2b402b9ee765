using System.Runtime.CompilerServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>One packed row of int4 or ternary weights times the three planes of a token (<see cref="FixedPoint"/>).</summary>
internal static class PlaneProducts<TPacking, TStep, TBytes, TSums, TFloats>
    where TPacking : struct, IPacking
    where TStep : struct, IPackedStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    private const int Slice = WeightPacking.SliceColumns;
    private const int Quad = WeightPacking.QuadColumns;

    private static int Lanes => TStep.Width / sizeof(int);

    /// <summary>Computes a row in groups of 32 or 64 columns: one slice, or two (<see cref="QuadScales"/>).</summary>
    /// <param name="packed">The row, whole quads.</param>
    /// <param name="token">Shape <c>[quads, 3, 128]</c>.</param>
    /// <param name="starts">Shape <c>[slices, lanes]</c>.</param>
    /// <param name="scales">Step size of each group. Shape <c>[groups]</c>.</param>
    /// <param name="scaleOf">Where in a quad.</param>
    /// <param name="quads">Quads of the row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float OfSlices(ref byte packed, ref byte token, ref int starts, ref float scales, QuadScales scaleOf, nuint quads)
    {
        (TBytes mask, TBytes oddMask) = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Masks();
        (TSums weight0, TSums weight1, TSums weight2) = (TStep.PlaneWeight(0), TStep.PlaneWeight(1), TStep.PlaneWeight(2));

        // Two vectors of totals: a fused multiply-add waits four cycles for the one before it.
        TFloats even = default, odd = default;
        for (; quads > 0; quads--)
        {
            Prefetch.Ahead(ref packed);
            even = TStep.Scale(even, OfSlice(0, mask, oddMask, weight0, weight1, weight2, ref packed, ref token, ref starts), scales);
            odd = TStep.Scale(odd, OfSlice(1, mask, oddMask, weight0, weight1, weight2, ref packed, ref token, ref starts), Unsafe.Add(ref scales, scaleOf.Second));
            even = TStep.Scale(even, OfSlice(2, mask, oddMask, weight0, weight1, weight2, ref packed, ref token, ref starts), Unsafe.Add(ref scales, scaleOf.Third));
            odd = TStep.Scale(odd, OfSlice(3, mask, oddMask, weight0, weight1, weight2, ref packed, ref token, ref starts), Unsafe.Add(ref scales, scaleOf.Fourth));
            packed = ref Unsafe.Add(ref packed, PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Bytes);
            token = ref Unsafe.Add(ref token, FixedPoint.Planes * Quad);
            starts = ref Unsafe.Add(ref starts, 4 * Lanes);
            scales = ref Unsafe.Add(ref scales, scaleOf.PerQuad);
        }

        return TStep.Sum(TStep.Add(even, odd));
    }

    // Each plane is multiplied, widened and added before the next: taken together, the multiplications crowd the two units that have them, and a row took a tenth longer.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums OfSlice(int slice, TBytes mask, TBytes oddMask, TSums weight0, TSums weight1, TSums weight2, ref byte packed, ref byte token, ref int starts)
    {
        TBytes fields = Field(ref packed, slice, 0, mask, oddMask);
        nuint column = (nuint)(slice * Slice), start = (nuint)(slice * Lanes);
        TSums sums = TStep.AddPlane(default, TStep.MultiplyPart(fields, TStep.Load(ref token, column)), 0, weight0);
        sums = IsOdd(slice) ? sums : TStep.Add(sums, TStep.LoadSums(ref starts, start));
        sums = TStep.AddPlane(sums, TStep.MultiplyPart(fields, TStep.Load(ref token, column + Quad)), 1, weight1);
        sums = TStep.AddPlane(sums, TStep.MultiplyPart(fields, TStep.Load(ref token, column + (2 * Quad))), 2, weight2);
        return IsOdd(slice) ? TStep.Add(TStep.Quarter(sums), TStep.LoadSums(ref starts, start)) : sums;
    }

    // A lane sums 16 products of at most 7 · FixedPoint.Largest, so the planes add up in 32 bits before they become floats.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float OfQuads(ref byte packed, ref byte token, ref int starts, ref float scales, nuint quads)
    {
        (TBytes mask, TBytes oddMask) = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Masks();
        (TSums weight0, TSums weight1, TSums weight2) = (TStep.PlaneWeight(0), TStep.PlaneWeight(1), TStep.PlaneWeight(2));
        TFloats totals = default;
        for (nuint g = 0; g < quads; g++)
        {
            Prefetch.Ahead(ref packed);
            TSums part0 = default, part1 = default, part2 = default, odd0 = default, odd1 = default, odd2 = default;
            TBytes fields0 = Field(ref packed, 0, 0, mask, oddMask), fields1 = Field(ref packed, 1, 0, mask, oddMask);
            TBytes fields2 = Field(ref packed, 2, 0, mask, oddMask), fields3 = Field(ref packed, 3, 0, mask, oddMask);
            (part0, odd0) = AddPlane(part0, odd0, fields0, fields1, fields2, fields3, ref token, 0);
            (part1, odd1) = AddPlane(part1, odd1, fields0, fields1, fields2, fields3, ref token, Quad);
            (part2, odd2) = AddPlane(part2, odd2, fields0, fields1, fields2, fields3, ref token, 2 * Quad);
            TSums sums = TStep.Add(TStep.AddPlane(default, part0, 0, weight0), TStep.LoadSums(ref starts, 0));
            sums = TStep.AddPlane(TStep.AddPlane(sums, part1, 1, weight1), part2, 2, weight2);
            if (TPacking.Bits == 2)
            {
                TSums odd = TStep.AddPlane(default, odd0, 0, weight0);
                sums = TStep.Add(sums, TStep.Quarter(TStep.AddPlane(TStep.AddPlane(odd, odd1, 1, weight1), odd2, 2, weight2)));
            }

            totals = TStep.Scale(totals, sums, Unsafe.Add(ref scales, g));
            packed = ref Unsafe.Add(ref packed, PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Bytes);
            token = ref Unsafe.Add(ref token, FixedPoint.Planes * Quad);
            starts = ref Unsafe.Add(ref starts, Lanes);
        }

        return TStep.Sum(totals);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float OfLongGroups(ref byte packed, ref byte token, ref int starts, ref float scales, nuint quads, nuint quadsPerGroup)
    {
        (TBytes mask, TBytes oddMask) = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Masks();
        TFloats totals = default;
        while (quads > 0)
        {
            TSums sums0 = TStep.LoadSums(ref starts, 0), sums1 = TStep.LoadSums(ref starts, (nuint)Lanes), sums2 = TStep.LoadSums(ref starts, (nuint)(2 * Lanes));
            nuint left = nuint.Min(quads, quadsPerGroup);
            quads -= left;
            while (left > 0)
            {
                TSums part0 = default, part1 = default, part2 = default, odd0 = default, odd1 = default, odd2 = default;
                nuint count = nuint.Min(left, PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.PerPart);
                left -= count;
                for (; count > 0; count--)
                {
                    Prefetch.Ahead(ref packed);
                    TBytes fields0 = Field(ref packed, 0, 0, mask, oddMask), fields1 = Field(ref packed, 1, 0, mask, oddMask);
                    TBytes fields2 = Field(ref packed, 2, 0, mask, oddMask), fields3 = Field(ref packed, 3, 0, mask, oddMask);
                    (part0, odd0) = AddPlane(part0, odd0, fields0, fields1, fields2, fields3, ref token, 0);
                    (part1, odd1) = AddPlane(part1, odd1, fields0, fields1, fields2, fields3, ref token, Quad);
                    (part2, odd2) = AddPlane(part2, odd2, fields0, fields1, fields2, fields3, ref token, 2 * Quad);

                    packed = ref Unsafe.Add(ref packed, PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Bytes);
                    token = ref Unsafe.Add(ref token, FixedPoint.Planes * Quad);
                }

                (sums0, sums1, sums2) = (AddParts(sums0, part0, odd0), AddParts(sums1, part1, odd1), AddParts(sums2, part2, odd2));
            }

            totals = TStep.Scale(TStep.Scale(TStep.Scale(totals, sums0, scales), sums1, FixedPoint.Weight1 * scales), sums2, FixedPoint.Weight2 * scales);
            scales = ref Unsafe.Add(ref scales, 1);
            starts = ref Unsafe.Add(ref starts, FixedPoint.Planes * Lanes);
        }

        return TStep.Sum(totals);
    }

    /// <summary>Adds one vector of each of four slices to the parts of a plane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TSums Part, TSums OddPart) AddPlane(TSums part, TSums oddPart, TBytes fields0, TBytes fields1, TBytes fields2, TBytes fields3, ref byte token, nuint column)
    {
        part = TStep.MultiplyAddPart(part, fields0, TStep.Load(ref token, column));
        part = TStep.MultiplyAddPart(part, fields2, TStep.Load(ref token, column + (2 * Slice)));
        TSums odd = TPacking.Bits == 2 ? oddPart : part;
        odd = TStep.MultiplyAddPart(odd, fields1, TStep.Load(ref token, column + Slice));
        odd = TStep.MultiplyAddPart(odd, fields3, TStep.Load(ref token, column + (3 * Slice)));
        return TPacking.Bits == 2 ? (part, odd) : (odd, default);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TBytes Field(ref byte packed, int slice, nuint index, TBytes mask, TBytes oddMask) =>
        PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Field(ref packed, slice, index, mask, oddMask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsOdd(int slice) => PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.IsOdd(slice);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums AddParts(TSums sums, TSums part, TSums oddPart) => PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.AddParts(sums, part, oddPart);
}
