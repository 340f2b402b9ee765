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

    /// <summary>Computes <c>Σ_g scale_g · Σ_{c∈g} code_c · token_c</c> in steps of the token.</summary>
    /// <param name="packed">The row, whole quads.</param>
    /// <param name="token">Shape <c>[quads, 3, 128]</c>.</param>
    /// <param name="starts">What the sums start from (<see cref="FillStarts"/>).</param>
    /// <param name="scales">Shape <c>[groups]</c>.</param>
    /// <param name="quads">Quads of the row.</param>
    /// <param name="quadsPerGroup">Quads that share a scale; the last group may have fewer.</param>
    public static float Row(ref byte packed, ref byte token, ref int starts, ref float scales, nuint quads, nuint quadsPerGroup) =>
        quadsPerGroup == 1 ? SmallGroups(ref packed, ref token, ref starts, ref scales, quads) : Groups(ref packed, ref token, ref starts, ref scales, quads, quadsPerGroup);

    /// <summary>Gets the starts of a row: one vector for a group of one quad, whose planes are added up at once, and one a plane for other groups.</summary>
    public static int StartsPerRow(int groups, nuint quadsPerGroup) => groups * Lanes * (quadsPerGroup == 1 ? 1 : FixedPoint.Planes);

    /// <summary>Computes what the sums of each group start from: minus the offset of the fields times the sum of the token.</summary>
    /// <param name="token">Shape <c>[quads, 3, 128]</c>.</param>
    /// <param name="quads">Quads of the row.</param>
    /// <param name="quadsPerGroup">Quads that share a scale; the last group may have fewer.</param>
    /// <param name="starts">Shape <c>[StartsPerRow]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FillStarts(ref byte token, nuint quads, nuint quadsPerGroup, ref int starts)
    {
        for (nuint first = 0; first < quads; first += quadsPerGroup)
        {
            nuint end = nuint.Min(first + quadsPerGroup, quads);
            TSums sums0 = OffsetSums(ref token, first, end, 0), sums1 = OffsetSums(ref token, first, end, 1), sums2 = OffsetSums(ref token, first, end, 2);
            if (quadsPerGroup == 1)
            {
                TStep.StoreSums(TStep.Negate(TStep.Combine(sums0, sums1, sums2)), ref starts, 0);
                starts = ref Unsafe.Add(ref starts, Lanes);
            }
            else
            {
                TStep.StoreSums(TStep.Negate(sums0), ref starts, 0);
                TStep.StoreSums(TStep.Negate(sums1), ref starts, (nuint)Lanes);
                TStep.StoreSums(TStep.Negate(sums2), ref starts, (nuint)(2 * Lanes));
                starts = ref Unsafe.Add(ref starts, FixedPoint.Planes * Lanes);
            }
        }
    }

    private static TSums OffsetSums(ref byte token, nuint firstQuad, nuint endQuad, nuint plane)
    {
        TBytes offset = TStep.Broadcast(TPacking.Offset);
        TSums sums = default;
        for (nuint quad = firstQuad; quad < endQuad; quad++)
        {
            TSums part = default;
            for (nuint i = 0; i < Quad; i += (nuint)TStep.Width)
            {
                part = TStep.MultiplyAddPart(part, offset, TStep.Load(ref token, (((quad * FixedPoint.Planes) + plane) * Quad) + i));
            }

            sums = TStep.AddPart(sums, part);
        }

        return sums;
    }

    // A lane sums 16 products of at most 7 · FixedPoint.Largest, so the planes add up in 32 bits before they become floats.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SmallGroups(ref byte packed, ref byte token, ref int starts, ref float scales, nuint quads)
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

            TSums sums = TStep.Combine(AddParts(default, part0, odd0), AddParts(default, part1, odd1), AddParts(default, part2, odd2));
            totals = TStep.Scale(totals, TStep.Add(sums, TStep.LoadSums(ref starts, 0)), Unsafe.Add(ref scales, g));
            packed = ref Unsafe.Add(ref packed, PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Bytes);
            token = ref Unsafe.Add(ref token, FixedPoint.Planes * Quad);
            starts = ref Unsafe.Add(ref starts, Lanes);
        }

        return TStep.Sum(totals);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Groups(ref byte packed, ref byte token, ref int starts, ref float scales, nuint quads, nuint quadsPerGroup)
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

            totals = TStep.Scale(TStep.Scale(TStep.Scale(totals, sums0, scales), sums1, 256 * scales), sums2, 65536 * scales);
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
