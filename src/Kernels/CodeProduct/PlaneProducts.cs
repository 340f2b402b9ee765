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

    /// <summary>Computes a row whose groups are whole slices, but not whole quads.</summary>
    /// <param name="packed">The row, whole quads.</param>
    /// <param name="token">Shape <c>[quads, 3, 128]</c>.</param>
    /// <param name="starts">Shape <c>[slices, lanes]</c>.</param>
    /// <param name="scales">The scales of the row.</param>
    /// <param name="quads">Quads of the row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float OfSlices(ref byte packed, ref byte token, ref int starts, SliceScales scales, nuint quads)
    {
        (TBytes mask, TBytes oddMask) = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Masks();

        // Two vectors of totals: a fused multiply-add waits four cycles for the one before it.
        TFloats even = default, odd = default;
        for (nuint slice = 0; slice < 4 * quads; slice += 4)
        {
            Prefetch.Ahead(ref packed);
            even = AddSlice(even, 0, mask, oddMask, ref packed, ref token, ref starts, scales.Of(slice));
            odd = AddSlice(odd, 1, mask, oddMask, ref packed, ref token, ref starts, scales.Of(slice + 1));
            even = AddSlice(even, 2, mask, oddMask, ref packed, ref token, ref starts, scales.Of(slice + 2));
            odd = AddSlice(odd, 3, mask, oddMask, ref packed, ref token, ref starts, scales.Of(slice + 3));
            packed = ref Unsafe.Add(ref packed, PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Bytes);
            token = ref Unsafe.Add(ref token, FixedPoint.Planes * Quad);
            starts = ref Unsafe.Add(ref starts, 4 * Lanes);
        }

        return TStep.Sum(TStep.Add(even, odd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TFloats AddSlice(TFloats totals, int slice, TBytes mask, TBytes oddMask, ref byte packed, ref byte token, ref int starts, float scale)
    {
        TBytes fields = Field(ref packed, slice, 0, mask, oddMask);
        nuint column = (nuint)(slice * Slice);
        TSums part0 = TStep.MultiplyPart(fields, TStep.Load(ref token, column));
        TSums part1 = TStep.MultiplyPart(fields, TStep.Load(ref token, column + Quad));
        TSums part2 = TStep.MultiplyPart(fields, TStep.Load(ref token, column + (2 * Quad)));
        TSums start = TStep.LoadSums(ref starts, (nuint)(slice * Lanes));
        TSums sums = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.IsOdd(slice)
            ? TStep.Add(start, TStep.Quarter(TStep.Combine(default, part0, part1, part2)))
            : TStep.Combine(start, part0, part1, part2);
        return TStep.Scale(totals, sums, scale);
    }

    // A lane sums 16 products of at most 7 · FixedPoint.Largest, so the planes add up in 32 bits before they become floats.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float OfQuads(ref byte packed, ref byte token, ref int starts, ref float scales, nuint quads)
    {
        (TBytes mask, TBytes oddMask) = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Masks();
        TFloats totals = default;
        for (nuint g = 0; g < quads; g++)
        {
            TSums part0 = default, part1 = default, part2 = default, odd0 = default, odd1 = default, odd2 = default;
            Prefetch.Ahead(ref packed);
            TBytes fields0 = Field(ref packed, 0, 0, mask, oddMask), fields1 = Field(ref packed, 1, 0, mask, oddMask);
            TBytes fields2 = Field(ref packed, 2, 0, mask, oddMask), fields3 = Field(ref packed, 3, 0, mask, oddMask);
            (part0, odd0) = AddPlane(part0, odd0, fields0, fields1, fields2, fields3, ref token, 0);
            (part1, odd1) = AddPlane(part1, odd1, fields0, fields1, fields2, fields3, ref token, Quad);
            (part2, odd2) = AddPlane(part2, odd2, fields0, fields1, fields2, fields3, ref token, 2 * Quad);

            TSums sums = TStep.Combine(TStep.LoadSums(ref starts, 0), part0, part1, part2);
            sums = TPacking.Bits == 2 ? TStep.Add(sums, TStep.Quarter(TStep.Combine(default, odd0, odd1, odd2))) : sums;
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
    private static TSums AddParts(TSums sums, TSums part, TSums oddPart) => PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.AddParts(sums, part, oddPart);
}
