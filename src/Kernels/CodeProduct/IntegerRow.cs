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
    private const int Slice = 32;
    private const int Quad = 4 * Slice;

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
        bool isLong = weights.GroupSize % Quad == 0 || groups <= 1;
        int startSize = groups <= 1 ? source.Stride : isLong ? weights.GroupSize : Slice;
        int[] starts = ArrayPool<int>.Shared.Rent(Math.Max(1, source.Stride / Slice) * Lanes);
        for (int t = 0; t < source.Scales.Length; t++)
        {
            ReadOnlySpan<byte> token = MemoryMarshal.AsBytes(source.Codes.Slice(t * source.Stride, source.Stride));
            FillStarts<TPacking>(token, startSize, starts);
            for (int r = firstRow; r < firstRow + rowCount; r++)
            {
                ReadOnlySpan<byte> row = weights.Codes.Slice(r * rowBytes, rowBytes);
                ReadOnlySpan<float> scales = weights.Scales.Slice(r * groups, groups);
                float product = isLong
                    ? LongGroups<TPacking>(row, scales, weights.GroupSize, weights.Columns, token, starts)
                    : ShortGroups<TPacking>(row, scales, weights.GroupSize, weights.Columns, token, starts);
                float side = SideProduct.Of(weights.PreservedColumns.Slice(r * preserved, preserved), source.Preserved.Slice(t * preserved, preserved));
                destination[(t * weights.Rows) + r] = (source.Scales[t] * product) + side;
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
        ref readonly byte activations = ref MemoryMarshal.GetReference(token);
        int group = 0;
        for (long first = 0; first < token.Length; first += size, group++)
        {
            TSums sums = default;
            for (long c = first; c < Math.Min(first + size, token.Length); c += TStep.Width)
            {
                sums = TStep.MultiplyAddFields(sums, offset, TStep.Load(in activations, (nuint)c));
            }

            TStep.StoreSums(TStep.Negate(sums), ref start, (nuint)(group * Lanes));
        }
    }

    private static float LongGroups<TPacking>(ReadOnlySpan<byte> row, ReadOnlySpan<float> scales, int groupSize, int columns, ReadOnlySpan<byte> token, ReadOnlySpan<int> starts)
        where TPacking : struct, IPacking
    {
        ref readonly byte activations = ref MemoryMarshal.GetReference(token);
        ref readonly byte packed = ref MemoryMarshal.GetReference(row);
        nuint quadBytes = (nuint)(Quad * TPacking.Bits / 8);
        nuint wholeEnd = (nuint)(columns / Quad * Quad);
        TFloats totals = default;
        TSums sums = default;
        for (int g = 0; g < scales.Length; g++)
        {
            sums = Start<TPacking>(starts, g);
            nuint c = (nuint)g * (nuint)groupSize;
            nuint end = nuint.Min(c + (nuint)groupSize, (nuint)columns);
            for (; c < nuint.Min(end, wholeEnd); c += Quad)
            {
                sums = AddQuad<TPacking>(sums, in packed, c / Quad * quadBytes, in activations, c);
            }

            if (c < end)
            {
                TailQuad tail = TailQuad.Copy(row[(int)(c / Quad * quadBytes)..]);
                sums = AddQuad<TPacking>(sums, in tail.First, 0, in activations, c);
            }

            totals = TStep.Scale(totals, sums, scales[g]);
        }

        // One scale for the row: the integer sum of all lanes is exact, and is rounded once.
        return scales.Length == 1 ? scales[0] * TStep.Sum(sums) : TStep.Sum(totals);
    }

    private static float ShortGroups<TPacking>(ReadOnlySpan<byte> row, ReadOnlySpan<float> scales, int groupSize, int columns, ReadOnlySpan<byte> token, ReadOnlySpan<int> starts)
        where TPacking : struct, IPacking
    {
        ref readonly byte activations = ref MemoryMarshal.GetReference(token);
        ref readonly byte packed = ref MemoryMarshal.GetReference(row);
        nuint quadBytes = (nuint)(Quad * TPacking.Bits / 8);
        nuint wholeEnd = (nuint)(columns / Quad * Quad);
        SliceScales groupOf = new(scales, groupSize / Slice);
        TFloats totals = default;
        for (nuint c = 0; c < wholeEnd; c += Quad)
        {
            totals = AddSlices<TPacking>(totals, 4, in packed, c / Quad * quadBytes, in activations, c, starts, groupOf);
        }

        if (wholeEnd < (nuint)columns)
        {
            TailQuad tail = TailQuad.Copy(row[(int)(wholeEnd / Quad * quadBytes)..]);
            int slices = (columns - (int)wholeEnd + Slice - 1) / Slice;
            totals = AddSlices<TPacking>(totals, slices, in tail.First, 0, in activations, wholeEnd, starts, groupOf);
        }

        return TStep.Sum(totals);
    }

    /// <summary>Adds four slices to one vector of sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums AddQuad<TPacking>(TSums sums, ref readonly byte packed, nuint index, ref readonly byte activations, nuint column)
        where TPacking : struct, IPacking
    {
        for (nuint i = 0; i < Slice; i += (nuint)TStep.Width)
        {
            if (TPacking.Bits == 8)
            {
                sums = AddSigned(sums, in packed, index + i, in activations, column + i);
                sums = AddSigned(sums, in packed, index + i + Slice, in activations, column + i + Slice);
                sums = AddSigned(sums, in packed, index + i + (2 * Slice), in activations, column + i + (2 * Slice));
                sums = AddSigned(sums, in packed, index + i + (3 * Slice), in activations, column + i + (3 * Slice));
            }
            else
            {
                sums = TStep.MultiplyAddFields(
                    sums,
                    Field<TPacking>(in packed, index + i, 0), TStep.Load(in activations, column + i),
                    Field<TPacking>(in packed, index + i, 1), TStep.Load(in activations, column + i + Slice),
                    Field<TPacking>(in packed, index + i, 2), TStep.Load(in activations, column + i + (2 * Slice)),
                    Field<TPacking>(in packed, index + i, 3), TStep.Load(in activations, column + i + (3 * Slice)));
            }
        }

        return sums;
    }

    /// <summary>Adds up to four slices, each with its scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TFloats AddSlices<TPacking>(
        TFloats totals, int slices, ref readonly byte packed, nuint index, ref readonly byte activations, nuint column, ReadOnlySpan<int> starts, SliceScales scales)
        where TPacking : struct, IPacking
    {
        totals = AddSlice<TPacking>(totals, 0, in packed, index, in activations, column, starts, scales);
        totals = slices > 1 ? AddSlice<TPacking>(totals, 1, in packed, index, in activations, column, starts, scales) : totals;
        totals = slices > 2 ? AddSlice<TPacking>(totals, 2, in packed, index, in activations, column, starts, scales) : totals;
        return slices > 3 ? AddSlice<TPacking>(totals, 3, in packed, index, in activations, column, starts, scales) : totals;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TFloats AddSlice<TPacking>(
        TFloats totals, int slice, ref readonly byte packed, nuint index, ref readonly byte activations, nuint column, ReadOnlySpan<int> starts, SliceScales scales)
        where TPacking : struct, IPacking
    {
        int sliceOfRow = ((int)column / Slice) + slice;
        TSums sums = Start<TPacking>(starts, sliceOfRow);
        nuint sliceColumn = column + (nuint)(slice * Slice);
        for (nuint i = 0; i < Slice; i += (nuint)TStep.Width)
        {
            sums = TPacking.Bits == 8
                ? AddSigned(sums, in packed, index + (nuint)(slice * Slice) + i, in activations, sliceColumn + i)
                : TStep.MultiplyAddFields(sums, Field<TPacking>(in packed, index + i, slice), TStep.Load(in activations, sliceColumn + i));
        }

        return TStep.Scale(totals, sums, scales.Of(sliceOfRow));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums AddSigned(TSums sums, ref readonly byte codes, nuint index, ref readonly byte activations, nuint column)
    {
        TBytes token = TStep.Load(in activations, column);
        return TStep.MultiplyAdd(sums, TStep.Load(in codes, index), token, TStep.Magnitudes(token));
    }

    /// <summary>Takes slice 0 to 3 out of a quad: int4 has two slices in each of two blocks, ternary four in one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TBytes Field<TPacking>(ref readonly byte packed, nuint index, int slice)
        where TPacking : struct, IPacking
    {
        int perByte = 8 / TPacking.Bits;
        nuint block = (nuint)(slice / perByte * WeightPacking.BlockBytes);
        return TStep.Field(TStep.Load(in packed, index + block), slice % perByte * TPacking.Bits, TStep.Broadcast((byte)((1 << TPacking.Bits) - 1)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums Start<TPacking>(ReadOnlySpan<int> starts, int index)
        where TPacking : struct, IPacking =>
        TPacking.Offset == 0 ? default : TStep.LoadSums(in MemoryMarshal.GetReference(starts), (nuint)(index * Lanes));
}
