using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Activation codes times packed weights, one weight row after the other: for one token, at the speed of memory, and for few.</summary>
/// <remarks>
/// <para>A row is taken 128 columns at a time (<see cref="PackedQuad{TPacking, TStep, TBytes, TSums, TFloats}"/>), without unpacking to memory. What is left of
/// the row is first copied to a quad of its own; the activations behind the last column are 0.</para>
/// <para>Several tokens take turns on a block of rows, which stays in the first-level cache. Unpacking costs less than a third of the products, so doing it for every token
/// is faster than storing and loading what is unpacked.</para>
/// <para>Groups are long (a multiple of 128 columns, or the whole row: scaled once a group) or short (32 or 64: scaled once a slice).</para>
/// </remarks>
/// <param name="mostTokens">The number of tokens from which on tiles are faster.</param>
internal sealed class IntegerRow<TStep, TBytes, TSums, TFloats>(int mostTokens = 16) : IIntegerRoute
    where TStep : struct, IPackedStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    private const int Slice = WeightPacking.SliceColumns;
    private const int Quad = WeightPacking.QuadColumns;
    private const int BlockRows = 8;

    public string Name => TStep.Name;

    public int MostTokens(PackedWeights weights) => mostTokens;

    public bool Fits(PackedWeights weights) => QuadScales.AreGroups(weights);

    public PreparedCodes ReserveCodes(int tokens, PackedWeights weights) =>
        new PreparedByteRows<TStep, TBytes, TSums, TFloats>(weights.Format, StartSize(weights), tokens, WeightPacking.PaddedColumns(weights.Columns));

    public void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        using PreparedCodes? own = source.Prepared is null ? ReserveCodes(source.Scales.Length, weights) : null;
        own?.Fill(source, 0, own.Pieces);
        if ((source.Prepared ?? own) is not PreparedByteRows<TStep, TBytes, TSums, TFloats> rows)
        {
            throw new ArgumentException("The prepared activations are not rows of bytes: they were made for another kernel.", nameof(source));
        }

        rows.Check(weights.Format, StartSize(weights), source);
        switch (weights.Format)
        {
            case WeightFormat.Int8:
                MultiplyPacked<Int8Packing>(source, rows, weights, firstRow, rowCount, destination);
                break;
            case WeightFormat.Int4:
                MultiplyPacked<Int4Packing>(source, rows, weights, firstRow, rowCount, destination);
                break;
            default:
                MultiplyPacked<TernaryPacking>(source, rows, weights, firstRow, rowCount, destination);
                break;
        }
    }

    /// <summary>Computes the columns whose sums start together: a group's or the whole row's, but one slice in short groups.</summary>
    private static int StartSize(PackedWeights weights) =>
        CodeProductShape.Groups(weights) <= 1 ? Math.Max(WeightPacking.PaddedColumns(weights.Columns), Slice) : IsShort(weights) ? Slice : weights.GroupSize;

    private static bool IsShort(PackedWeights weights) => CodeProductShape.Groups(weights) > 1 && weights.GroupSize % Quad != 0;

    private static void MultiplyPacked<TPacking>(
        ActivationCodes source, PreparedByteRows<TStep, TBytes, TSums, TFloats> prepared, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
        where TPacking : struct, IPacking
    {
        int groups = CodeProductShape.Groups(weights), tokens = source.Scales.Length, stride = source.Stride, preserved = weights.PreservedChannels.Length;
        int startsPerToken = prepared.StartsPerToken, codeStride = prepared.CodesPerToken;
        ReadOnlySpan<byte> codes = prepared.Codes;
        ReadOnlySpan<int> starts = prepared.Starts;
        bool isShort = IsShort(weights);

        int blockRows = tokens == 1 ? rowCount : BlockRows;
        for (int r = firstRow; r < firstRow + rowCount; r += blockRows)
        {
            int rows = Math.Min(blockRows, firstRow + rowCount - r);
            int t = 0, atOnce = ShortGroups<TPacking, TStep, TBytes, TSums, TFloats>.TokensAtOnce;
            for (; isShort && atOnce > 1 && t + atOnce <= tokens; t += atOnce)
            {
                ShortRows<TPacking>(
                    codes.Slice(t * codeStride, atOnce * codeStride), starts.Slice(t * startsPerToken, atOnce * startsPerToken), weights, groups, r, rows, destination[((t * weights.Rows) + r)..]);
                for (int i = t; i < t + atOnce; i++)
                {
                    RowScaling.Finish(destination.Slice((i * weights.Rows) + r, rows), source.Scales[i], weights, r, source.Preserved.Slice(i * preserved, preserved));
                }
            }

            for (; t < tokens; t++)
            {
                Span<float> products = destination.Slice((t * weights.Rows) + r, rows);
                MultiplyRows<TPacking>(codes.Slice(t * codeStride, stride), starts.Slice(t * startsPerToken, startsPerToken), weights, groups, isShort, r, products);
                RowScaling.Finish(products, source.Scales[t], weights, r, source.Preserved.Slice(t * preserved, preserved));
            }
        }
    }

    /// <summary>Computes the products of some rows and one token without the token's scale; for rows of one group without the row's scale too.</summary>
    private static void MultiplyRows<TPacking>(
        ReadOnlySpan<byte> token, ReadOnlySpan<int> starts, PackedWeights weights, int groups, bool isShort, int firstRow, Span<float> products)
        where TPacking : struct, IPacking
    {
        int rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns);
        ReadOnlySpan<byte> rows = weights.Codes.Slice(firstRow * rowBytes, products.Length * rowBytes);
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
            ReadOnlySpan<float> scales = weights.Scales.Slice(firstRow * groups, products.Length * groups);
            for (int i = 0; i < products.Length; i++)
            {
                ReadOnlySpan<byte> row = rows.Slice(i * rowBytes, rowBytes);
                ReadOnlySpan<float> rowScales = scales.Slice(i * groups, groups);
                products[i] = isShort
                    ? ShortGroups<TPacking, TStep, TBytes, TSums, TFloats>.Row(row, rowScales, weights.GroupSize, weights.Columns, token, starts)
                    : LongGroups<TPacking>(row, rowScales, weights.GroupSize, weights.Columns, token, starts);
            }
        }
    }

    /// <summary>Computes the products of some rows of short groups and several tokens without the tokens' scales.</summary>
    private static void ShortRows<TPacking>(
        ReadOnlySpan<byte> tokens, ReadOnlySpan<int> starts, PackedWeights weights, int groups, int firstRow, int rowCount, Span<float> destination)
        where TPacking : struct, IPacking
    {
        int rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns);
        for (int i = 0; i < rowCount; i++)
        {
            ReadOnlySpan<byte> row = weights.Codes.Slice((firstRow + i) * rowBytes, rowBytes);
            ShortGroups<TPacking, TStep, TBytes, TSums, TFloats>.Rows(
                row, weights.Scales.Slice((firstRow + i) * groups, groups), weights.GroupSize, weights.Columns, tokens, starts, destination[i..], weights.Rows);
        }
    }

    /// <summary>Computes the integer sum of each row, exact and rounded once, for rows of one group.</summary>
    private static void WholeRows<TPacking>(ReadOnlySpan<byte> rows, int rowBytes, int columns, ReadOnlySpan<byte> token, ReadOnlySpan<int> starts, Span<float> products)
        where TPacking : struct, IPacking
    {
        ref byte activations = ref MemoryMarshal.GetReference(token);
        ref int start = ref MemoryMarshal.GetReference(starts);
        int quads = columns / Quad;
        for (int i = 0; i < products.Length; i++)
        {
            ref byte row = ref Unsafe.Add(ref MemoryMarshal.GetReference(rows), (nuint)i * (nuint)rowBytes);
            int sum = SumQuads<TPacking>(ref row, ref activations, ref start, (nuint)quads);
            if (quads * Quad < columns)
            {
                ReadOnlySpan<byte> tail = rows.Slice(i * rowBytes, rowBytes)[(quads * Quad * TPacking.Bits / 8)..];
                sum += TStep.Sum(AddTail<TPacking>(default, tail, ref Unsafe.Add(ref activations, quads * Quad)));
            }

            products[i] = sum;
        }
    }

    // A method of its own, compiled once: where the compiler lays out more than the loop, the loop has been up to four times slower.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int SumQuads<TPacking>(ref byte packed, ref byte activations, ref int start, nuint quads)
        where TPacking : struct, IPacking =>
        TStep.Sum(PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Add(GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>.Of(ref start, 0), ref packed, ref activations, quads));

    private static float LongGroups<TPacking>(ReadOnlySpan<byte> row, ReadOnlySpan<float> scales, int groupSize, int columns, ReadOnlySpan<byte> token, ReadOnlySpan<int> starts)
        where TPacking : struct, IPacking
    {
        ref byte packed = ref MemoryMarshal.GetReference(row);
        ref byte activations = ref MemoryMarshal.GetReference(token);
        ref int start = ref MemoryMarshal.GetReference(starts);
        int whole = columns / groupSize, quads = columns / Quad;
        TFloats totals = groupSize == Quad
            ? AddQuadGroups<TPacking>(ref packed, ref activations, ref start, ref MemoryMarshal.GetReference(scales), whole)
            : AddGroups<TPacking>(ref packed, ref activations, ref start, ref MemoryMarshal.GetReference(scales), whole, (nuint)(groupSize / Quad));
        if (whole < scales.Length)
        {
            // The last group is shorter.
            int done = whole * (groupSize / Quad);
            nuint first = (nuint)(done * Quad);
            TSums sums = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Add(
                GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>.Of(ref start, whole), ref Unsafe.Add(ref packed, first * (nuint)TPacking.Bits / 8), ref Unsafe.Add(ref activations, first), (nuint)(quads - done));
            if (quads * Quad < columns)
            {
                sums = AddTail<TPacking>(sums, row[(quads * Quad * TPacking.Bits / 8)..], ref Unsafe.Add(ref activations, quads * Quad));
            }

            totals = TStep.Scale(totals, sums, scales[whole]);
        }

        return TStep.Sum(totals);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static TFloats AddGroups<TPacking>(ref byte packed, ref byte activations, ref int starts, ref float scales, int groups, nuint quadsPerGroup)
        where TPacking : struct, IPacking
    {
        TFloats totals = default;
        for (int g = 0; g < groups; g++)
        {
            TSums sums = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Add(GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>.Of(ref starts, g), ref packed, ref activations, quadsPerGroup);
            packed = ref Unsafe.Add(ref packed, quadsPerGroup * PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Bytes);
            activations = ref Unsafe.Add(ref activations, quadsPerGroup * Quad);
            totals = TStep.Scale(totals, sums, Unsafe.Add(ref scales, g));
        }

        return totals;
    }

    /// <summary>Adds groups of one quad, the usual size, without a loop inside the loop.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static TFloats AddQuadGroups<TPacking>(ref byte packed, ref byte activations, ref int starts, ref float scales, int groups)
        where TPacking : struct, IPacking
    {
        (TBytes mask, TBytes oddMask) = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Masks();
        TFloats totals = default;
        for (int g = 0; g < groups; g++)
        {
            Prefetch.Ahead(ref packed);
            TSums sums = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.AddOne(GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>.Of(ref starts, g), mask, oddMask, ref packed, ref activations);
            packed = ref Unsafe.Add(ref packed, PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Bytes);
            activations = ref Unsafe.Add(ref activations, Quad);
            totals = TStep.Scale(totals, sums, Unsafe.Add(ref scales, g));
        }

        return totals;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TSums AddTail<TPacking>(TSums sums, ReadOnlySpan<byte> bytes, ref byte activations)
        where TPacking : struct, IPacking
    {
        TailQuad tail = TailQuad.Copy(bytes);
        (TBytes mask, TBytes oddMask) = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Masks();
        return PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.AddOne(sums, mask, oddMask, ref tail.First, ref activations);
    }
}
