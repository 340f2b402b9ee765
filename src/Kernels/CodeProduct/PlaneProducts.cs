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

    /// <summary>Computes two rows whose groups are whole slices, but not whole quads. Neither sum depends on the other row; they share the loads of planes and starts.</summary>
    /// <param name="packed">The first row, whole quads.</param>
    /// <param name="toSecond">Bytes from there to the second row.</param>
    /// <param name="token">Shape <c>[quads, 3, 128]</c>.</param>
    /// <param name="starts">Shape <c>[slices, lanes]</c>.</param>
    /// <param name="scales">The scales of the first row.</param>
    /// <param name="toSecondScale">Places from a scale of the first row to that of the second.</param>
    /// <param name="quads">Quads of a row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float First, float Second) OfSlices(ref byte packed, nuint toSecond, ref byte token, ref int starts, SliceScales scales, nuint toSecondScale, nuint quads)
    {
        (TBytes mask, TBytes oddMask) = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Masks();
        TFloats first = default, second = default;
        for (nuint slice = 0; slice < 4 * quads; slice += 4)
        {
            ref byte secondPacked = ref Unsafe.Add(ref packed, toSecond);
            Prefetch.Ahead(ref packed);
            Prefetch.Ahead(ref secondPacked);
            AddSlice(ref first, ref second, 0, mask, oddMask, ref packed, ref secondPacked, ref token, ref starts, ref scales.At(slice), toSecondScale);
            AddSlice(ref first, ref second, 1, mask, oddMask, ref packed, ref secondPacked, ref token, ref starts, ref scales.At(slice + 1), toSecondScale);
            AddSlice(ref first, ref second, 2, mask, oddMask, ref packed, ref secondPacked, ref token, ref starts, ref scales.At(slice + 2), toSecondScale);
            AddSlice(ref first, ref second, 3, mask, oddMask, ref packed, ref secondPacked, ref token, ref starts, ref scales.At(slice + 3), toSecondScale);
            packed = ref Unsafe.Add(ref packed, PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Bytes);
            token = ref Unsafe.Add(ref token, FixedPoint.Planes * Quad);
            starts = ref Unsafe.Add(ref starts, 4 * Lanes);
        }

        return (TStep.Sum(first), TStep.Sum(second));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSlice(
        ref TFloats first, ref TFloats second, int slice, TBytes mask, TBytes oddMask, ref byte packed, ref byte secondPacked, ref byte token, ref int starts, ref float scale, nuint toSecondScale)
    {
        TBytes fields = Field(ref packed, slice, 0, mask, oddMask), secondFields = Field(ref secondPacked, slice, 0, mask, oddMask);
        nuint column = (nuint)(slice * Slice);
        TBytes plane0 = TStep.Load(ref token, column);
        TSums first0 = TStep.MultiplyPart(fields, plane0), second0 = TStep.MultiplyPart(secondFields, plane0);
        TBytes plane1 = TStep.Load(ref token, column + Quad);
        TSums first1 = TStep.MultiplyPart(fields, plane1), second1 = TStep.MultiplyPart(secondFields, plane1);
        TBytes plane2 = TStep.Load(ref token, column + (2 * Quad));
        TSums first2 = TStep.MultiplyPart(fields, plane2), second2 = TStep.MultiplyPart(secondFields, plane2);
        TSums start = TStep.LoadSums(ref starts, (nuint)(slice * Lanes));
        first = TStep.Scale(first, Combine(start, slice, first0, first1, first2), scale);
        second = TStep.Scale(second, Combine(start, slice, second0, second1, second2), Unsafe.Add(ref scale, toSecondScale));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums Combine(TSums start, int slice, TSums part0, TSums part1, TSums part2) => PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.IsOdd(slice)
        ? TStep.Add(start, TStep.Quarter(TStep.AddPlanes(default, part0, part1, part2)))
        : TStep.AddPlanes(start, part0, part1, part2);

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

            // AddPlanes is faster from the cache, but took a sixth longer where the weights come from memory.
            TSums sums = TStep.Combine(AddParts(default, part0, odd0), AddParts(default, part1, odd1), AddParts(default, part2, odd2));
            totals = TStep.Scale(totals, TStep.Add(sums, TStep.LoadSums(ref starts, 0)), Unsafe.Add(ref scales, g));
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
