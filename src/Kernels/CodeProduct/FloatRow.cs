using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct.Steps;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Float activations times packed weights, one weight row after the other: reads the weights once, in order, for one token.</summary>
/// <remarks>
/// <para>Codes become numbers in registers. A row is taken one block of 32 bytes at a time; a block is one, two or four slices of 32 columns.
/// The activations are copied once, in the order in which <see cref="IFieldStep{TInts, TVector}.Field"/> takes fields, with 0 at preserved channels and behind the last column.</para>
/// <para>Groups are whole slices, or one group is the whole row; then products are scaled once, at the end.</para>
/// </remarks>
internal sealed class FloatRow<TFields, TInts, TLanes, TVector>(string name) : IFloatRoute
    where TFields : struct, IFieldStep<TInts, TVector>
    where TInts : struct
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    private const int Slice = 32;
    private const int BytesPerLane = 4;

    public string Name => name;

    public int MostTokens(PackedWeights weights) =>
        ByteRows<TLanes, TVector>.IsFor(weights) ? ByteRows<TLanes, TVector>.MostTokens
        : weights.GroupSize % Slice == 0 || weights.GroupSize >= weights.Columns ? 1 : 0;

    public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared)
    {
        switch (weights.Format)
        {
            case WeightFormat.Int8 when ByteRows<TLanes, TVector>.IsFor(weights):
                ByteRows<TLanes, TVector>.Multiply(source, tokens, weights, firstRow, rowCount, destination);
                break;
            case WeightFormat.Int8:
                MultiplyPacked<Int8Packing>(source, tokens, weights, firstRow, rowCount, destination);
                break;
            case WeightFormat.Int4:
                MultiplyPacked<Int4Packing>(source, tokens, weights, firstRow, rowCount, destination);
                break;
            default:
                MultiplyPacked<TernaryPacking>(source, tokens, weights, firstRow, rowCount, destination);
                break;
        }
    }

    private static void MultiplyPacked<TPacking>(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
        where TPacking : struct, IPacking
    {
        int groups = CodeProductShape.Groups(weights);
        int rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns);
        int paddedColumns = rowBytes * 8 / TPacking.Bits;
        int preserved = weights.PreservedChannels.Length;
        float[] ordered = ArrayPool<float>.Shared.Rent(paddedColumns + preserved);
        Span<float> side = ordered.AsSpan(paddedColumns, preserved);
        for (int t = 0; t < tokens; t++)
        {
            Order(source.Slice(t * weights.Columns, weights.Columns), weights.PreservedChannels, ordered.AsSpan(0, paddedColumns), side);
            for (int r = firstRow; r < firstRow + rowCount; r++)
            {
                ReadOnlySpan<byte> row = weights.Codes.Slice(r * rowBytes, rowBytes);
                ReadOnlySpan<float> scales = weights.Scales.Slice(r * groups, groups);
                destination[(t * weights.Rows) + r] = groups switch
                {
                    0 => 0,
                    1 => scales[0] * WholeRow<TPacking>(row, ordered),
                    _ => Grouped<TPacking>(row, weights.Columns, new SliceScales(scales, weights.GroupSize / Slice), ordered),
                };
            }

            SideProduct.AddTo(destination.Slice((t * weights.Rows) + firstRow, rowCount), weights.PreservedColumns.Slice(firstRow * preserved, rowCount * preserved), side);
        }

        ArrayPool<float>.Shared.Return(ordered);
    }

    /// <summary>Copies a token so that <c>Count</c> numbers in sequence belong to byte 0 of each lane, the next to byte 1, and so on.</summary>
    private static void Order(ReadOnlySpan<float> token, ReadOnlySpan<int> preservedChannels, Span<float> ordered, Span<float> side)
    {
        const int Chunk = BytesPerLane * 8;
        int chunk = BytesPerLane * TLanes.Count;
        ordered.Clear();
        int whole = token.Length / Chunk * Chunk;
        ref float source = ref MemoryMarshal.GetReference(token);
        ref float destination = ref MemoryMarshal.GetReference(ordered);
        for (int c = 0; c < whole; c += chunk)
        {
            for (int lane = 0; lane < TLanes.Count; lane++)
            {
                nuint from = (nuint)(c + (BytesPerLane * lane)), to = (nuint)(c + lane);
                Unsafe.Add(ref destination, to) = Unsafe.Add(ref source, from);
                Unsafe.Add(ref destination, to + (nuint)TLanes.Count) = Unsafe.Add(ref source, from + 1);
                Unsafe.Add(ref destination, to + (nuint)(2 * TLanes.Count)) = Unsafe.Add(ref source, from + 2);
                Unsafe.Add(ref destination, to + (nuint)(3 * TLanes.Count)) = Unsafe.Add(ref source, from + 3);
            }
        }

        for (int c = whole; c < token.Length; c++)
        {
            ordered[Place(c)] = token[c];
        }

        for (int j = 0; j < preservedChannels.Length; j++)
        {
            side[j] = token[preservedChannels[j]];
            ordered[Place(preservedChannels[j])] = 0;
        }
    }

    private static int Place(int column)
    {
        int chunk = BytesPerLane * TLanes.Count;
        int inChunk = column % chunk;
        return column - inChunk + (inChunk % BytesPerLane * TLanes.Count) + (inChunk / BytesPerLane);
    }

    private static float WholeRow<TPacking>(ReadOnlySpan<byte> row, ReadOnlySpan<float> ordered)
        where TPacking : struct, IPacking
    {
        ref byte packed = ref MemoryMarshal.GetReference(row);
        ref float token = ref MemoryMarshal.GetReference(ordered);
        nuint blockColumns = (nuint)(WeightPacking.BlockBytes * 8 / TPacking.Bits), end = (nuint)row.Length, column = 0;
        TVector total0 = default, total1 = default, total2 = default, total3 = default;
        for (nuint block = 0; block < end; block += WeightPacking.BlockBytes, column += blockColumns)
        {
            for (int i = 0; i < Slice; i += BytesPerLane * TLanes.Count)
            {
                TInts lanes = Signed<TPacking>(TFields.Load(ref packed, block + (nuint)i));
                (total0, total1, total2, total3) = AddSlice<TPacking>(total0, total1, total2, total3, lanes, 0, ref token, column + (nuint)i);
                if (TPacking.Bits <= 4)
                {
                    (total0, total1, total2, total3) = AddSlice<TPacking>(total0, total1, total2, total3, lanes, 1, ref token, column + (nuint)i);
                }

                if (TPacking.Bits == 2)
                {
                    (total0, total1, total2, total3) = AddSlice<TPacking>(total0, total1, total2, total3, lanes, 2, ref token, column + (nuint)i);
                    (total0, total1, total2, total3) = AddSlice<TPacking>(total0, total1, total2, total3, lanes, 3, ref token, column + (nuint)i);
                }
            }
        }

        return TLanes.Sum(TLanes.Add(TLanes.Add(total0, total1), TLanes.Add(total2, total3)));
    }

    private static float Grouped<TPacking>(ReadOnlySpan<byte> row, int columns, SliceScales scales, ReadOnlySpan<float> ordered)
        where TPacking : struct, IPacking
    {
        ref byte packed = ref MemoryMarshal.GetReference(row);
        ref float token = ref MemoryMarshal.GetReference(ordered);
        int slicesPerBlock = 8 / TPacking.Bits, sliceCount = (columns + Slice - 1) / Slice;
        TVector total = default;
        for (int first = 0; first < sliceCount; first += slicesPerBlock)
        {
            nuint block = (nuint)(first / slicesPerBlock * WeightPacking.BlockBytes), column = (nuint)(first * Slice);
            int slices = Math.Min(slicesPerBlock, sliceCount - first);
            for (int i = 0; i < Slice; i += BytesPerLane * TLanes.Count)
            {
                TInts lanes = Signed<TPacking>(TFields.Load(ref packed, block + (nuint)i));
                total = AddScaledSlice<TPacking>(total, lanes, 0, ref token, column + (nuint)i, scales.Of((nuint)first));
                if (TPacking.Bits <= 4 && slices > 1)
                {
                    total = AddScaledSlice<TPacking>(total, lanes, 1, ref token, column + (nuint)i, scales.Of((nuint)first + 1));
                }

                if (TPacking.Bits == 2 && slices > 2)
                {
                    total = AddScaledSlice<TPacking>(total, lanes, 2, ref token, column + (nuint)i, scales.Of((nuint)first + 2));
                    total = slices > 3 ? AddScaledSlice<TPacking>(total, lanes, 3, ref token, column + (nuint)i, scales.Of((nuint)first + 3)) : total;
                }
            }
        }

        return TLanes.Sum(total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector AddScaledSlice<TPacking>(TVector total, TInts lanes, int slice, ref float token, nuint column, float scale)
        where TPacking : struct, IPacking
    {
        (TVector sum0, TVector sum1, TVector sum2, TVector sum3) = AddSlice<TPacking>(default, default, default, default, lanes, slice, ref token, column);
        return TLanes.MultiplyAdd(TLanes.Add(TLanes.Add(sum0, sum1), TLanes.Add(sum2, sum3)), TLanes.Broadcast(scale), total);
    }

    /// <summary>Adds the products of slice 0 to 3 of a block: byte 0 of each lane to the first sum, byte 1 to the second, and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TVector Sum0, TVector Sum1, TVector Sum2, TVector Sum3) AddSlice<TPacking>(
        TVector sum0, TVector sum1, TVector sum2, TVector sum3, TInts lanes, int slice, ref float token, nuint column)
        where TPacking : struct, IPacking
    {
        int bit = slice * TPacking.Bits;
        nuint first = column + (nuint)(slice * Slice), width = (nuint)TLanes.Count;
        return (
            TLanes.MultiplyAdd(TFields.Field(lanes, bit, TPacking.Bits), TLanes.Load(ref token, first), sum0),
            TLanes.MultiplyAdd(TFields.Field(lanes, bit + 8, TPacking.Bits), TLanes.Load(ref token, first + width), sum1),
            TLanes.MultiplyAdd(TFields.Field(lanes, bit + 16, TPacking.Bits), TLanes.Load(ref token, first + (2 * width)), sum2),
            TLanes.MultiplyAdd(TFields.Field(lanes, bit + 24, TPacking.Bits), TLanes.Load(ref token, first + (3 * width)), sum3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TInts Signed<TPacking>(TInts lanes)
        where TPacking : struct, IPacking => TPacking.Bits switch
        {
            4 => TFields.SignInt4(lanes),
            2 => TFields.SignTernary(lanes),
            _ => lanes,
        };
}
