using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>One packed row times one token of codes, or two, in groups of 32 or 64 columns (<see cref="QuadScales"/>): scaled once a slice of 32.</summary>
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
        int quads = columns / Quad;
        QuadScales scaleOf = new(groupSize);
        TFloats totals = AddQuads(
            ref MemoryMarshal.GetReference(row), ref MemoryMarshal.GetReference(token), ref MemoryMarshal.GetReference(starts), ref MemoryMarshal.GetReference(scales), scaleOf, quads);
        return AddTail(totals, row[(quads * Quad * TPacking.Bits / 8)..], columns, token, starts, scales[(quads * (int)scaleOf.PerQuad)..], groupSize);
    }

    /// <summary>Gets the number of tokens that <see cref="Rows"/> takes: two share fields and scales where a slice is one vector. The codes and starts of more would not stay in the first-level cache.</summary>
    public static int TokensAtOnce
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TStep.Width == Slice ? 2 : 1;
    }

    /// <summary>Computes what <see cref="Row"/> does, bit for bit, for two tokens.</summary>
    /// <param name="row">Packed codes of one row.</param>
    /// <param name="scales">Step size of each group. Shape <c>[groups]</c>.</param>
    /// <param name="groupSize">Columns of a group.</param>
    /// <param name="columns">Columns of the row.</param>
    /// <param name="tokens">Activation codes. Shape <c>[2, stride]</c>.</param>
    /// <param name="starts">Starts of slices. Shape <c>[2, slices, Lanes]</c>.</param>
    /// <param name="products">Receives the sums, a distance apart. Shape <c>[2]</c>.</param>
    /// <param name="distance">Floats from one product to the next.</param>
    public static void Rows(
        ReadOnlySpan<byte> row, ReadOnlySpan<float> scales, int groupSize, int columns, ReadOnlySpan<byte> tokens, ReadOnlySpan<int> starts, Span<float> products, int distance)
    {
        int quads = columns / Quad, stride = tokens.Length / 2, startStride = starts.Length / 2;
        QuadScales scaleOf = new(groupSize);
        (TFloats totals0, TFloats totals1) = AddQuads(
            ref MemoryMarshal.GetReference(row), ref MemoryMarshal.GetReference(tokens), (nuint)stride, ref MemoryMarshal.GetReference(starts), startStride, ref MemoryMarshal.GetReference(scales), scaleOf, quads);
        ReadOnlySpan<byte> tail = row[(quads * Quad * TPacking.Bits / 8)..];
        ReadOnlySpan<float> tailScales = scales[(quads * (int)scaleOf.PerQuad)..];
        products[0] = AddTail(totals0, tail, columns, tokens[..stride], starts[..startStride], tailScales, groupSize);
        products[distance] = AddTail(totals1, tail, columns, tokens[stride..], starts[startStride..], tailScales, groupSize);
    }

    /// <summary>Adds the slices behind the last whole quad, and all lanes.</summary>
    private static float AddTail(TFloats totals, ReadOnlySpan<byte> bytes, int columns, ReadOnlySpan<byte> token, ReadOnlySpan<int> starts, ReadOnlySpan<float> scales, int groupSize)
    {
        int quads = columns / Quad, first = quads * 4, slices = (columns + Slice - 1) / Slice;
        if (first < slices)
        {
            TailQuad tail = TailQuad.Copy(bytes);
            ref byte activations = ref Unsafe.Add(ref MemoryMarshal.GetReference(token), quads * Quad);
            ref int start = ref Unsafe.Add(ref MemoryMarshal.GetReference(starts), first * GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>.Lanes);
            (TBytes mask, TBytes oddMask) = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Masks();
            for (int slice = 0; slice < slices - first; slice++)
            {
                totals = AddSlice(totals, slice, mask, oddMask, ref tail.First, ref activations, ref start, in scales[slice * Slice / groupSize]);
            }
        }

        return TStep.Sum(totals);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static (TFloats Token0, TFloats Token1) AddQuads(ref byte packed, ref byte activations, nuint stride, ref int starts, int startStride, ref float scales, QuadScales scaleOf, int quads)
    {
        TFloats even0 = default, odd0 = default, even1 = default, odd1 = default;
        (TBytes mask, TBytes oddMask) = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Masks();
        ref byte token1 = ref Unsafe.Add(ref activations, stride);
        ref int starts1 = ref Unsafe.Add(ref starts, startStride);
        for (; quads > 0; quads--)
        {
            Prefetch.Ahead(ref packed);
            (even0, even1) = AddBoth(even0, even1, 0, mask, oddMask, ref packed, ref activations, ref token1, ref starts, ref starts1, in scales);
            (odd0, odd1) = AddBoth(odd0, odd1, 1, mask, oddMask, ref packed, ref activations, ref token1, ref starts, ref starts1, in Unsafe.Add(ref scales, scaleOf.Second));
            (even0, even1) = AddBoth(even0, even1, 2, mask, oddMask, ref packed, ref activations, ref token1, ref starts, ref starts1, in Unsafe.Add(ref scales, scaleOf.Third));
            (odd0, odd1) = AddBoth(odd0, odd1, 3, mask, oddMask, ref packed, ref activations, ref token1, ref starts, ref starts1, in Unsafe.Add(ref scales, scaleOf.Fourth));
            packed = ref Unsafe.Add(ref packed, PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Bytes);
            activations = ref Unsafe.Add(ref activations, Quad);
            token1 = ref Unsafe.Add(ref token1, Quad);
            starts = ref Unsafe.Add(ref starts, 4 * GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>.Lanes);
            starts1 = ref Unsafe.Add(ref starts1, 4 * GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>.Lanes);
            scales = ref Unsafe.Add(ref scales, scaleOf.PerQuad);
        }

        return (TStep.Add(even0, odd0), TStep.Add(even1, odd1));
    }

    /// <summary>Adds slice 0 to 3 of a quad for two tokens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TFloats Totals0, TFloats Totals1) AddBoth(
        TFloats totals0, TFloats totals1, int slice, TBytes mask, TBytes oddMask, ref byte packed, ref byte token0, ref byte token1, ref int starts0, ref int starts1, ref readonly float scale)
    {
        TBytes codes = TPacking.Bits == 8
            ? TStep.Load(ref packed, (nuint)(slice * Slice))
            : PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Field(ref packed, slice, 0, mask, oddMask);
        return (TStep.Scale(totals0, Product(codes, slice, ref token0, ref starts0), scale), TStep.Scale(totals1, Product(codes, slice, ref token1, ref starts1), scale));
    }

    /// <summary>Computes the sums of one slice that is one vector. Odd ternary slices come four times too large.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums Product(TBytes codes, int slice, ref byte activations, ref int starts)
    {
        TBytes token = TStep.Load(ref activations, (nuint)(slice * Slice));
        if (TPacking.Bits == 8)
        {
            return TStep.MultiplyAdd(default, codes, token, TStep.Magnitudes(token));
        }

        TSums start = GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>.Of(ref starts, slice), part = TStep.MultiplyAddPart(default, codes, token);
        return PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.IsOdd(slice) ? TStep.Add(start, TStep.Quarter(TStep.AddPart(default, part))) : TStep.AddPart(start, part);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static TFloats AddQuads(ref byte packed, ref byte activations, ref int starts, ref float scales, QuadScales scaleOf, int quads)
    {
        // Two vectors of totals: a fused multiply-add waits four cycles for the one before it.
        TFloats even = default, odd = default;
        (TBytes mask, TBytes oddMask) = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Masks();
        for (; quads > 0; quads--)
        {
            Prefetch.Ahead(ref packed);
            even = AddSlice(even, 0, mask, oddMask, ref packed, ref activations, ref starts, in scales);
            odd = AddSlice(odd, 1, mask, oddMask, ref packed, ref activations, ref starts, in Unsafe.Add(ref scales, scaleOf.Second));
            even = AddSlice(even, 2, mask, oddMask, ref packed, ref activations, ref starts, in Unsafe.Add(ref scales, scaleOf.Third));
            odd = AddSlice(odd, 3, mask, oddMask, ref packed, ref activations, ref starts, in Unsafe.Add(ref scales, scaleOf.Fourth));
            packed = ref Unsafe.Add(ref packed, PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Bytes);
            activations = ref Unsafe.Add(ref activations, Quad);
            starts = ref Unsafe.Add(ref starts, 4 * GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>.Lanes);
            scales = ref Unsafe.Add(ref scales, scaleOf.PerQuad);
        }

        return TStep.Add(even, odd);
    }

    /// <summary>Adds slice 0 to 3 of a quad, with its scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TFloats AddSlice(TFloats totals, int slice, TBytes mask, TBytes oddMask, ref byte packed, ref byte activations, ref int starts, ref readonly float scale) =>
        TStep.Scale(totals, PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.AddSlice(GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>.Of(ref starts, slice), slice, mask, oddMask, ref packed, ref activations), scale);
}
