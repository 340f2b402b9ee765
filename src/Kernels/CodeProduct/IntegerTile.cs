using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Activation codes times packed weights in tiles of 4 rows by 2 tokens, for many tokens.</summary>
/// <remarks>
/// <para>A panel of rows is unpacked to one byte a code. It and a block of tokens stay in the second-level cache, and four rows in the first while the
/// block passes. A tile loads 6 vectors for 8 products and keeps its 8 vectors of sums in registers for the length of a group.</para>
/// <para>Int4 and ternary codes are small enough to multiply by activations raised to unsigned bytes, and two products fit in 16 bits; what raising
/// adds depends on the row alone, and is taken off lane by lane before a group is scaled, so that no large numbers cancel in binary32. Int8 codes need the
/// activations' signs moved, which costs more.</para>
/// <para>An element is summed in the same order in a tile and at its edges, where it is computed alone.</para>
/// </remarks>
internal sealed class IntegerTile<TStep, TBytes, TSums, TFloats> : IIntegerRoute
    where TStep : struct, IByteStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    private const int TileRows = 4;
    private const int TileTokens = 2;
    private const int PanelRows = 32;
    private const int BlockTokens = 64;

    // A group that is shorter gains less from raised activations than reading its start costs.
    private const int SmallestRaisedGroup = 128;

    public string Name => TStep.Name;

    public bool Fits(PackedWeights weights) => weights.GroupSize % TStep.Width == 0 || weights.GroupSize >= weights.Columns;

    public void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        if (weights.Format == WeightFormat.Int8 || (weights.GroupSize < SmallestRaisedGroup && weights.GroupSize < weights.Columns))
        {
            Multiply<FullRange>(source, weights, firstRow, rowCount, destination);
        }
        else
        {
            Multiply<SmallRange>(source, weights, firstRow, rowCount, destination);
        }
    }

    private static void Multiply<TRange>(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
        where TRange : struct, ICodeRange
    {
        int rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns);
        int groups = CodeProductShape.Groups(weights);
        int stride = source.Stride;
        bool isUnpacked = weights.Format == WeightFormat.Int8 && rowBytes == stride;
        sbyte[] scratch = ArrayPool<sbyte>.Shared.Rent(isUnpacked ? 1 : PanelRows * stride);
        TSums[] starts = ArrayPool<TSums>.Shared.Rent(PanelRows * groups);
        starts.AsSpan(0, PanelRows * groups).Clear();
        for (int r = firstRow; r < firstRow + rowCount; r += PanelRows)
        {
            int panelRows = Math.Min(PanelRows, firstRow + rowCount - r);
            ReadOnlySpan<sbyte> panel = isUnpacked ? MemoryMarshal.Cast<byte, sbyte>(weights.Codes.Slice(r * rowBytes, panelRows * rowBytes)) : scratch;
            for (int i = 0; i < panelRows && !isUnpacked; i++)
            {
                Span<sbyte> codes = scratch.AsSpan(i * stride, stride);
                CodeUnpacking.Unpack(weights.Format, weights.Codes.Slice((r + i) * rowBytes, rowBytes), codes);
                if (TRange.IsSmall)
                {
                    FillStarts(weights, codes, starts.AsSpan(i * groups, groups));
                }
            }

            MultiplyPanel<TRange>(source, weights, panel, starts, r, panelRows, destination);
        }

        ArrayPool<TSums>.Shared.Return(starts);
        ArrayPool<sbyte>.Shared.Return(scratch);
    }

    /// <summary>Computes what the lanes of each group start from: minus what raised activations add too much, 128 times the codes of the lane.</summary>
    private static void FillStarts(PackedWeights weights, ReadOnlySpan<sbyte> codes, Span<TSums> starts)
    {
        ref byte bytes = ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(codes));
        TBytes raisedZero = TStep.Broadcast(128);
        for (int g = 0; g < starts.Length; g++)
        {
            TSums sums = default;
            (nuint c, nuint end) = GroupColumns(weights, g, codes.Length);
            for (; c < end; c += (nuint)TStep.Width)
            {
                sums = TStep.MultiplyAddSmall(sums, raisedZero, TStep.Load(ref bytes, c));
            }

            starts[g] = TStep.Negate(sums);
        }
    }

    private static void MultiplyPanel<TRange>(
        ActivationCodes source, PackedWeights weights, ReadOnlySpan<sbyte> panel, ReadOnlySpan<TSums> starts, int firstRow, int rows, Span<float> destination)
        where TRange : struct, ICodeRange
    {
        int groups = CodeProductShape.Groups(weights);
        Span<float> tile = stackalloc float[TileTokens * TileRows];
        for (int block = 0; block < source.Scales.Length; block += BlockTokens)
        {
            int blockEnd = Math.Min(block + BlockTokens, source.Scales.Length);
            for (int r = 0; r < rows; r += TileRows)
            {
                int tileRows = Math.Min(TileRows, rows - r);
                ReadOnlySpan<sbyte> codes = panel[(r * source.Stride)..];
                for (int t = block; t < blockEnd; t += TileTokens)
                {
                    int tileTokens = Math.Min(TileTokens, blockEnd - t);
                    if (tileTokens == TileTokens && tileRows == TileRows)
                    {
                        MultiplyTile<TRange>(source, weights, codes, starts.Slice(r * groups, TileRows * groups), t, firstRow + r, tile);
                    }
                    else
                    {
                        for (int i = 0; i < tileTokens * tileRows; i++)
                        {
                            (int token, int row) = (i / tileRows, i % tileRows);
                            tile[(token * TileRows) + row] = MultiplyOne<TRange>(source, weights, codes[(row * source.Stride)..], starts.Slice((r + row) * groups, groups), t + token, firstRow + r + row);
                        }
                    }

                    Store(source, weights, tile, t, tileTokens, firstRow + r, tileRows, destination);
                }
            }
        }
    }

    private static void Store(ActivationCodes source, PackedWeights weights, ReadOnlySpan<float> tile, int firstToken, int tokens, int firstRow, int rows, Span<float> destination)
    {
        int preserved = weights.PreservedChannels.Length;
        for (int t = firstToken; t < firstToken + tokens; t++)
        {
            Span<float> products = destination.Slice((t * weights.Rows) + firstRow, rows);
            for (int i = 0; i < rows; i++)
            {
                products[i] = source.Scales[t] * tile[((t - firstToken) * TileRows) + i];
            }

            SideProduct.AddTo(products, weights.PreservedColumns.Slice(firstRow * preserved, rows * preserved), source.Preserved.Slice(t * preserved, preserved));
        }
    }

    /// <summary>Computes 4 rows by 2 tokens, without the tokens' scales. <c>sum21</c> is row 2, token 1.</summary>
    private static void MultiplyTile<TRange>(
        ActivationCodes source, PackedWeights weights, ReadOnlySpan<sbyte> panel, ReadOnlySpan<TSums> starts, int token, int row, Span<float> tile)
        where TRange : struct, ICodeRange
    {
        nuint stride = (nuint)source.Stride, width = (nuint)TStep.Width;
        int groups = CodeProductShape.Groups(weights);
        ReadOnlySpan<float> scales = weights.Scales.Slice(row * groups, TileRows * groups);
        ref byte codes = ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(panel));
        ref byte tokens = ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(source.Codes[(token * source.Stride)..]));
        TSums sum00 = default, sum10 = default, sum20 = default, sum30 = default, sum01 = default, sum11 = default, sum21 = default, sum31 = default;
        TFloats total00 = default, total10 = default, total20 = default, total30 = default, total01 = default, total11 = default, total21 = default, total31 = default;
        for (int g = 0; g < groups; g++)
        {
            sum00 = sum01 = starts[g];
            sum10 = sum11 = starts[groups + g];
            sum20 = sum21 = starts[(2 * groups) + g];
            sum30 = sum31 = starts[(3 * groups) + g];
            (nuint c, nuint end) = GroupColumns(weights, g, source.Stride);
            for (; TRange.IsSmall && c + width < end; c += 2 * width)
            {
                TBytes token0 = TStep.Raise(TStep.Load(ref tokens, c)), token1 = TStep.Raise(TStep.Load(ref tokens, stride + c));
                TBytes next0 = TStep.Raise(TStep.Load(ref tokens, c + width)), next1 = TStep.Raise(TStep.Load(ref tokens, stride + c + width));
                TBytes weight = TStep.Load(ref codes, c), next = TStep.Load(ref codes, c + width);
                (sum00, sum01) = (TStep.MultiplyAddSmall(sum00, token0, weight, next0, next), TStep.MultiplyAddSmall(sum01, token1, weight, next1, next));
                (weight, next) = (TStep.Load(ref codes, stride + c), TStep.Load(ref codes, stride + c + width));
                (sum10, sum11) = (TStep.MultiplyAddSmall(sum10, token0, weight, next0, next), TStep.MultiplyAddSmall(sum11, token1, weight, next1, next));
                (weight, next) = (TStep.Load(ref codes, (2 * stride) + c), TStep.Load(ref codes, (2 * stride) + c + width));
                (sum20, sum21) = (TStep.MultiplyAddSmall(sum20, token0, weight, next0, next), TStep.MultiplyAddSmall(sum21, token1, weight, next1, next));
                (weight, next) = (TStep.Load(ref codes, (3 * stride) + c), TStep.Load(ref codes, (3 * stride) + c + width));
                (sum30, sum31) = (TStep.MultiplyAddSmall(sum30, token0, weight, next0, next), TStep.MultiplyAddSmall(sum31, token1, weight, next1, next));
            }

            for (; c < end; c += width)
            {
                TBytes token0 = TStep.Load(ref tokens, c), token1 = TStep.Load(ref tokens, stride + c);
                TBytes unsigned0 = Unsigned<TRange>(token0), unsigned1 = Unsigned<TRange>(token1);
                TBytes weight = TStep.Load(ref codes, c);
                (sum00, sum01) = (Add<TRange>(sum00, weight, token0, unsigned0), Add<TRange>(sum01, weight, token1, unsigned1));
                weight = TStep.Load(ref codes, stride + c);
                (sum10, sum11) = (Add<TRange>(sum10, weight, token0, unsigned0), Add<TRange>(sum11, weight, token1, unsigned1));
                weight = TStep.Load(ref codes, (2 * stride) + c);
                (sum20, sum21) = (Add<TRange>(sum20, weight, token0, unsigned0), Add<TRange>(sum21, weight, token1, unsigned1));
                weight = TStep.Load(ref codes, (3 * stride) + c);
                (sum30, sum31) = (Add<TRange>(sum30, weight, token0, unsigned0), Add<TRange>(sum31, weight, token1, unsigned1));
            }

            if (groups > 1)
            {
                float scale0 = scales[g], scale1 = scales[groups + g], scale2 = scales[(2 * groups) + g], scale3 = scales[(3 * groups) + g];
                (total00, total01) = (TStep.Scale(total00, sum00, scale0), TStep.Scale(total01, sum01, scale0));
                (total10, total11) = (TStep.Scale(total10, sum10, scale1), TStep.Scale(total11, sum11, scale1));
                (total20, total21) = (TStep.Scale(total20, sum20, scale2), TStep.Scale(total21, sum21, scale2));
                (total30, total31) = (TStep.Scale(total30, sum30, scale3), TStep.Scale(total31, sum31, scale3));
            }
        }

        (tile[0], tile[4]) = (Finish(sum00, total00, scales, 0), Finish(sum01, total01, scales, 0));
        (tile[1], tile[5]) = (Finish(sum10, total10, scales, 1), Finish(sum11, total11, scales, 1));
        (tile[2], tile[6]) = (Finish(sum20, total20, scales, 2), Finish(sum21, total21, scales, 2));
        (tile[3], tile[7]) = (Finish(sum30, total30, scales, 3), Finish(sum31, total31, scales, 3));
    }

    /// <summary>Computes one row and token, without the token's scale, in the order of the tile.</summary>
    private static float MultiplyOne<TRange>(ActivationCodes source, PackedWeights weights, ReadOnlySpan<sbyte> panel, ReadOnlySpan<TSums> starts, int token, int row)
        where TRange : struct, ICodeRange
    {
        int groups = CodeProductShape.Groups(weights);
        ReadOnlySpan<float> scales = weights.Scales.Slice(row * groups, groups);
        ref byte codes = ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(panel));
        ref byte tokens = ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(source.Codes[(token * source.Stride)..]));
        TSums sum = default;
        TFloats total = default;
        for (int g = 0; g < groups; g++)
        {
            sum = starts[g];
            (nuint c, nuint end) = GroupColumns(weights, g, source.Stride);
            for (; c < end; c += (nuint)TStep.Width)
            {
                TBytes activations = TStep.Load(ref tokens, c);
                sum = Add<TRange>(sum, TStep.Load(ref codes, c), activations, Unsigned<TRange>(activations));
            }

            total = TStep.Scale(total, sum, scales[g]);
        }

        return groups == 1 ? scales[0] * TStep.Sum(sum) : TStep.Sum(total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TBytes Unsigned<TRange>(TBytes activations)
        where TRange : struct, ICodeRange => TRange.IsSmall ? TStep.Raise(activations) : TStep.Magnitudes(activations);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums Add<TRange>(TSums sums, TBytes weights, TBytes activations, TBytes unsigned)
        where TRange : struct, ICodeRange => TRange.IsSmall ? TStep.MultiplyAddSmall(sums, unsigned, weights) : TStep.MultiplyAdd(sums, weights, activations, unsigned);

    // The last group runs to the end of the padding, which adds nothing: its codes and activations are 0.
    private static (nuint First, nuint End) GroupColumns(PackedWeights weights, int group, int stride)
    {
        long first = (long)group * weights.GroupSize;
        return ((nuint)first, (nuint)Math.Min(first + weights.GroupSize, stride));
    }

    // One scale for the row: the integer sum of all lanes is exact, and is rounded once.
    private static float Finish(TSums sum, TFloats total, ReadOnlySpan<float> scales, int row) =>
        scales.Length == TileRows ? scales[row] * TStep.Sum(sum) : TStep.Sum(total);
}
