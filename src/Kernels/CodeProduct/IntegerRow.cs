using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Activation codes times packed weights, one weight row after the other: reads the weights once, in order, for one token.</summary>
/// <remarks>
/// <para>A row is taken 128 columns at a time (a quad: four slices of 32 columns, as <see cref="WeightPacking"/> lays them out), without
/// unpacking to memory. What is left of the row is first copied to a quad of its own; the activations behind the last column are 0.</para>
/// <para>Groups are long (a multiple of 128 columns, or the whole row: scaled once a group) or short (another multiple of 32: scaled once a slice).</para>
/// </remarks>
internal sealed class IntegerRow<TStep, TBytes, TSums, TFloats> : IIntegerRoute
    where TStep : struct, IPackedStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    private const int Slice = WeightPacking.SliceColumns;
    private const int Quad = WeightPacking.QuadColumns;

    public string Name => TStep.Name;

    private static int Lanes => TStep.Width / sizeof(int);

    public bool Fits(PackedWeights weights) => weights.GroupSize % Slice == 0 || weights.GroupSize >= weights.Columns;

    public void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        switch (weights.Format)
        {
            case WeightFormat.Int8:
                MultiplyPacked<Int8Packing>(source, weights, firstRow, rowCount, destination);
                break;
            case WeightFormat.Int4:
                MultiplyPacked<Int4Packing>(source, weights, firstRow, rowCount, destination);
                break;
            default:
                MultiplyPacked<TernaryPacking>(source, weights, firstRow, rowCount, destination);
                break;
        }
    }

    private static void MultiplyPacked<TPacking>(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
        where TPacking : struct, IPacking
    {
        int groups = CodeProductShape.Groups(weights);
        int rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns);
        int preserved = weights.PreservedChannels.Length;
        bool isShort = groups > 1 && weights.GroupSize % Quad != 0;
        int startSize = groups <= 1 ? source.Stride : isShort ? Slice : weights.GroupSize;
        int[] starts = ArrayPool<int>.Shared.Rent(Math.Max(1, source.Stride / Slice) * Lanes);
        ReadOnlySpan<byte> rows = weights.Codes.Slice(firstRow * rowBytes, rowCount * rowBytes);
        ReadOnlySpan<float> scales = weights.Scales.Slice(firstRow * groups, rowCount * groups);
        for (int t = 0; t < source.Scales.Length; t++)
        {
            ReadOnlySpan<byte> token = MemoryMarshal.AsBytes(source.Codes.Slice(t * source.Stride, source.Stride));
            Span<float> products = destination.Slice((t * weights.Rows) + firstRow, rowCount);
            FillStarts<TPacking>(token, startSize, starts);
            if (groups == 0)
            {
                products.Clear();
            }
            else if (groups == 1)
            {
                WholeRows<TPacking>(rows, rowBytes, weights.Columns, token, starts, products);
            }
            else
            {
                for (int i = 0; i < rowCount; i++)
                {
                    ReadOnlySpan<byte> row = rows.Slice(i * rowBytes, rowBytes);
                    ReadOnlySpan<float> rowScales = scales.Slice(i * groups, groups);
                    products[i] = isShort
                        ? ShortGroups<TPacking>(row, rowScales, weights.GroupSize, weights.Columns, token, starts)
                        : LongGroups<TPacking>(row, rowScales, weights.GroupSize, weights.Columns, token, starts);
                }
            }

            ReadOnlySpan<float> side = source.Preserved.Slice(t * preserved, preserved);
            for (int i = 0; i < rowCount; i++)
            {
                float scaled = source.Scales[t] * (groups == 1 ? scales[i] * products[i] : products[i]);
                products[i] = preserved == 0 ? scaled : scaled + SideProduct.Of(weights.PreservedColumns.Slice((firstRow + i) * preserved, preserved), side);
            }
        }

        ArrayPool<int>.Shared.Return(starts);
    }

    /// <summary>Computes what the sums of each group (or slice) start from: minus the offset of the fields times the sum of the activations.</summary>
    private static void FillStarts<TPacking>(ReadOnlySpan<byte> token, int size, Span<int> starts)
        where TPacking : struct, IPacking
    {
        if (TPacking.Offset == 0)
        {
            return;
        }

        TBytes offset = TStep.Broadcast(TPacking.Offset);
        Debug.Assert(size % Slice == 0);
        ref int start = ref MemoryMarshal.GetReference(starts);
        ref byte activations = ref MemoryMarshal.GetReference(token);
        int group = 0;
        for (long first = 0; first < token.Length; first += size, group++)
        {
            TSums sums = default;
            for (long c = first; c < Math.Min(first + size, token.Length); c += TStep.Width)
            {
                sums = TStep.MultiplyAddFields(sums, offset, TStep.Load(ref activations, (nuint)c));
            }

            TStep.StoreSums(TStep.Negate(sums), ref start, (nuint)(group * Lanes));
        }
    }

    /// <summary>Computes the integer sum of each row, exact and rounded once, for rows of one group.</summary>
    private static void WholeRows<TPacking>(ReadOnlySpan<byte> rows, int rowBytes, int columns, ReadOnlySpan<byte> token, ReadOnlySpan<int> starts, Span<float> products)
        where TPacking : struct, IPacking
    {
        ref byte activations = ref MemoryMarshal.GetReference(token);
        TSums start = Start<TPacking>(ref MemoryMarshal.GetReference(starts), 0);
        int quads = columns / Quad;
        for (int i = 0; i < products.Length; i++)
        {
            TSums sums = AddQuads<TPacking>(start, ref Unsafe.Add(ref MemoryMarshal.GetReference(rows), (nuint)i * (nuint)rowBytes), ref activations, (nuint)quads);
            if (quads * Quad < columns)
            {
                ReadOnlySpan<byte> tail = rows.Slice(i * rowBytes, rowBytes)[(quads * Quad * TPacking.Bits / 8)..];
                sums = AddTail<TPacking>(sums, tail, ref Unsafe.Add(ref activations, quads * Quad));
            }

            products[i] = TStep.Sum(sums);
        }
    }

    private static float LongGroups<TPacking>(ReadOnlySpan<byte> row, ReadOnlySpan<float> scales, int groupSize, int columns, ReadOnlySpan<byte> token, ReadOnlySpan<int> starts)
        where TPacking : struct, IPacking
    {
        ref byte packed = ref MemoryMarshal.GetReference(row);
        ref byte activations = ref MemoryMarshal.GetReference(token);
        ref int start = ref MemoryMarshal.GetReference(starts);
        int whole = columns / groupSize, quads = columns / Quad;
        TFloats totals = AddGroups<TPacking>(ref packed, ref activations, ref start, ref MemoryMarshal.GetReference(scales), whole, (nuint)(groupSize / Quad));
        if (whole < scales.Length)
        {
            // The last group is shorter.
            int done = whole * (groupSize / Quad);
            nuint first = (nuint)(done * Quad);
            TSums sums = AddQuads<TPacking>(
                Start<TPacking>(ref start, whole), ref Unsafe.Add(ref packed, first * (nuint)TPacking.Bits / 8), ref Unsafe.Add(ref activations, first), (nuint)(quads - done));
            if (quads * Quad < columns)
            {
                sums = AddTail<TPacking>(sums, row[(quads * Quad * TPacking.Bits / 8)..], ref Unsafe.Add(ref activations, quads * Quad));
            }

            totals = TStep.Scale(totals, sums, scales[whole]);
        }

        return TStep.Sum(totals);
    }

    private static TFloats AddGroups<TPacking>(ref byte packed, ref byte activations, ref int starts, ref float scales, int groups, nuint quadsPerGroup)
        where TPacking : struct, IPacking
    {
        TFloats totals = default;
        for (int g = 0; g < groups; g++)
        {
            TSums sums = Start<TPacking>(ref starts, g);
            for (nuint q = 0; q < quadsPerGroup; q++)
            {
                sums = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Add(sums, ref packed, ref activations);
                packed = ref Unsafe.Add(ref packed, Quad * TPacking.Bits / 8);
                activations = ref Unsafe.Add(ref activations, Quad);
            }

            totals = TStep.Scale(totals, sums, Unsafe.Add(ref scales, g));
        }

        return totals;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums AddQuads<TPacking>(TSums sums, ref byte packed, ref byte activations, nuint quads)
        where TPacking : struct, IPacking
    {
        for (nuint q = 0; q < quads; q++)
        {
            sums = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Add(sums, ref packed, ref activations);
            packed = ref Unsafe.Add(ref packed, Quad * TPacking.Bits / 8);
            activations = ref Unsafe.Add(ref activations, Quad);
        }

        return sums;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TSums AddTail<TPacking>(TSums sums, ReadOnlySpan<byte> bytes, ref byte activations)
        where TPacking : struct, IPacking
    {
        TailQuad tail = TailQuad.Copy(bytes);
        return PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Add(sums, ref tail.First, ref activations);
    }

    private static float ShortGroups<TPacking>(ReadOnlySpan<byte> row, ReadOnlySpan<float> scales, int groupSize, int columns, ReadOnlySpan<byte> token, ReadOnlySpan<int> starts)
        where TPacking : struct, IPacking
    {
        ref byte activations = ref MemoryMarshal.GetReference(token);
        ref int start = ref MemoryMarshal.GetReference(starts);
        SliceScales scaleOf = new(scales, groupSize / Slice);
        int quads = columns / Quad;
        TFloats totals = AddScaledQuads<TPacking>(ref MemoryMarshal.GetReference(row), ref activations, ref start, scaleOf, quads);
        if (quads * Quad < columns)
        {
            TailQuad tail = TailQuad.Copy(row[(quads * Quad * TPacking.Bits / 8)..]);
            activations = ref Unsafe.Add(ref activations, quads * Quad);
            int first = quads * 4, slices = (columns + Slice - 1) / Slice;
            start = ref Unsafe.Add(ref start, first * Lanes);
            for (int slice = 0; slice < slices - first; slice++)
            {
                totals = AddSlice<TPacking>(totals, slice, ref tail.First, ref activations, ref start, scaleOf.Of((nuint)(first + slice)));
            }
        }

        return TStep.Sum(totals);
    }

    private static TFloats AddScaledQuads<TPacking>(ref byte packed, ref byte activations, ref int starts, SliceScales scales, int quads)
        where TPacking : struct, IPacking
    {
        // Two vectors of totals: a fused multiply-add waits four cycles for the one before it.
        TFloats even = default, odd = default;
        for (nuint slice = 0; slice < 4 * (nuint)quads; slice += 4)
        {
            even = AddSlice<TPacking>(even, 0, ref packed, ref activations, ref starts, scales.Of(slice));
            odd = AddSlice<TPacking>(odd, 1, ref packed, ref activations, ref starts, scales.Of(slice + 1));
            even = AddSlice<TPacking>(even, 2, ref packed, ref activations, ref starts, scales.Of(slice + 2));
            odd = AddSlice<TPacking>(odd, 3, ref packed, ref activations, ref starts, scales.Of(slice + 3));
            packed = ref Unsafe.Add(ref packed, Quad * TPacking.Bits / 8);
            activations = ref Unsafe.Add(ref activations, Quad);
            starts = ref Unsafe.Add(ref starts, 4 * Lanes);
        }

        return TStep.Add(even, odd);
    }

    /// <summary>Adds slice 0 to 3 of a quad, with its scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TFloats AddSlice<TPacking>(TFloats totals, int slice, ref byte packed, ref byte activations, ref int starts, float scale)
        where TPacking : struct, IPacking
    {
        TSums sums = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.AddSlicePart(Start<TPacking>(ref starts, slice), slice, ref packed, ref activations, 0);
        sums = TStep.Width == Slice ? sums : PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.AddSlicePart(sums, slice, ref packed, ref activations, (nuint)TStep.Width);
        return TStep.Scale(totals, sums, scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums Start<TPacking>(ref int starts, int index)
        where TPacking : struct, IPacking => TPacking.Offset == 0 ? default : TStep.LoadSums(ref starts, (nuint)(index * Lanes));
}
