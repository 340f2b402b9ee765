using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>One packed row times one token of codes, for groups that are whole slices of 32 columns but not whole quads: scaled once a slice.</summary>
internal static class ShortGroups<TPacking, TStep, TBytes, TSums, TFloats>
    where TPacking : struct, IPacking
    where TStep : struct, IPackedStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    private const int Slice = WeightPacking.SliceColumns;
    private const int Quad = WeightPacking.QuadColumns;

    /// <summary>Computes <c>Σ_g scale_g · Σ_{c∈g} code_c · token_c</c>. The starts are those of slices (<see cref="GroupStarts{TPacking, TStep, TBytes, TSums, TFloats}"/>).</summary>
    public static float Row(ReadOnlySpan<byte> row, ReadOnlySpan<float> scales, int groupSize, int columns, ReadOnlySpan<byte> token, ReadOnlySpan<int> starts)
    {
        ref byte activations = ref MemoryMarshal.GetReference(token);
        ref int start = ref MemoryMarshal.GetReference(starts);
        SliceScales scaleOf = new(scales, groupSize / Slice);
        int quads = columns / Quad;
        TFloats totals = AddQuads(ref MemoryMarshal.GetReference(row), ref activations, ref start, scaleOf, quads);
        if (quads * Quad < columns)
        {
            TailQuad tail = TailQuad.Copy(row[(quads * Quad * TPacking.Bits / 8)..]);
            activations = ref Unsafe.Add(ref activations, quads * Quad);
            int first = quads * 4, slices = (columns + Slice - 1) / Slice;
            start = ref Unsafe.Add(ref start, first * GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>.Lanes);
            (TBytes mask, TBytes oddMask) = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Masks();
            for (int slice = 0; slice < slices - first; slice++)
            {
                totals = AddSlice(totals, slice, mask, oddMask, ref tail.First, ref activations, ref start, scaleOf.Of((nuint)(first + slice)));
            }
        }

        return TStep.Sum(totals);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static TFloats AddQuads(ref byte packed, ref byte activations, ref int starts, SliceScales scales, int quads)
    {
        // Two vectors of totals: a fused multiply-add waits four cycles for the one before it.
        TFloats even = default, odd = default;
        (TBytes mask, TBytes oddMask) = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Masks();
        for (nuint slice = 0; slice < 4 * (nuint)quads; slice += 4)
        {
            even = AddSlice(even, 0, mask, oddMask, ref packed, ref activations, ref starts, scales.Of(slice));
            odd = AddSlice(odd, 1, mask, oddMask, ref packed, ref activations, ref starts, scales.Of(slice + 1));
            even = AddSlice(even, 2, mask, oddMask, ref packed, ref activations, ref starts, scales.Of(slice + 2));
            odd = AddSlice(odd, 3, mask, oddMask, ref packed, ref activations, ref starts, scales.Of(slice + 3));
            packed = ref Unsafe.Add(ref packed, PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Bytes);
            activations = ref Unsafe.Add(ref activations, Quad);
            starts = ref Unsafe.Add(ref starts, 4 * GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>.Lanes);
        }

        return TStep.Add(even, odd);
    }

    /// <summary>Adds slice 0 to 3 of a quad, with its scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TFloats AddSlice(TFloats totals, int slice, TBytes mask, TBytes oddMask, ref byte packed, ref byte activations, ref int starts, float scale) =>
        TStep.Scale(totals, PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.AddSlice(GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>.Of(ref starts, slice), slice, mask, oddMask, ref packed, ref activations), scale);
}
