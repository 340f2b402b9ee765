using System.Buffers;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Activation codes times packed weights in tiles of 4 rows by 2 tokens, for many tokens.</summary>
/// <remarks>
/// <para>A panel of rows is unpacked to one byte a code and then stays in the second-level cache while all tokens pass. A tile loads 6 vectors
/// for 8 products and keeps its 8 vectors of sums in registers for the length of a group.</para>
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

    public string Name => TStep.Name;

    public bool Fits(PackedWeights weights) => weights.GroupSize % TStep.Width == 0 || weights.GroupSize >= weights.Columns;

    public void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        int rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns);
        int stride = source.Stride;
        sbyte[] scratch = ArrayPool<sbyte>.Shared.Rent(PanelRows * stride);
        for (int r = firstRow; r < firstRow + rowCount; r += PanelRows)
        {
            int panelRows = Math.Min(PanelRows, firstRow + rowCount - r);
            ReadOnlySpan<sbyte> panel = MemoryMarshal.Cast<byte, sbyte>(weights.Codes.Slice(r * rowBytes, panelRows * rowBytes));
            if (weights.Format != WeightFormat.Int8 || rowBytes != stride)
            {
                for (int i = 0; i < panelRows; i++)
                {
                    CodeUnpacking.Unpack(weights.Format, weights.Codes.Slice((r + i) * rowBytes, rowBytes), scratch.AsSpan(i * stride, stride));
                }

                panel = scratch;
            }

            MultiplyPanel(source, weights, panel, r, panelRows, destination);
        }

        ArrayPool<sbyte>.Shared.Return(scratch);
    }

    private static void MultiplyPanel(ActivationCodes source, PackedWeights weights, ReadOnlySpan<sbyte> panel, int firstRow, int rows, Span<float> destination)
    {
        int tokens = source.Scales.Length;
        Span<float> tile = stackalloc float[TileTokens * TileRows];
        for (int t = 0; t < tokens; t += TileTokens)
        {
            for (int r = 0; r < rows; r += TileRows)
            {
                int tileTokens = Math.Min(TileTokens, tokens - t), tileRows = Math.Min(TileRows, rows - r);
                if (tileTokens == TileTokens && tileRows == TileRows)
                {
                    MultiplyTile(source, weights, panel[(r * source.Stride)..], t, firstRow + r, tile);
                }
                else
                {
                    for (int i = 0; i < tileTokens * tileRows; i++)
                    {
                        (int token, int row) = (i / tileRows, i % tileRows);
                        tile[(token * TileRows) + row] = MultiplyOne(source, weights, panel[((r + row) * source.Stride)..], t + token, firstRow + r + row);
                    }
                }

                Store(source, weights, tile, t, tileTokens, firstRow + r, tileRows, destination);
            }
        }
    }

    private static void Store(ActivationCodes source, PackedWeights weights, ReadOnlySpan<float> tile, int firstToken, int tokens, int firstRow, int rows, Span<float> destination)
    {
        int preserved = weights.PreservedChannels.Length;
        for (int t = firstToken; t < firstToken + tokens; t++)
        {
            for (int r = firstRow; r < firstRow + rows; r++)
            {
                float side = SideProduct.Of(weights.PreservedColumns.Slice(r * preserved, preserved), source.Preserved.Slice(t * preserved, preserved));
                destination[(t * weights.Rows) + r] = (source.Scales[t] * tile[((t - firstToken) * TileRows) + r - firstRow]) + side;
            }
        }
    }

    /// <summary>Computes 4 rows by 2 tokens, without the tokens' scales. <c>sum21</c> is row 2, token 1.</summary>
    private static void MultiplyTile(ActivationCodes source, PackedWeights weights, ReadOnlySpan<sbyte> panel, int token, int row, Span<float> tile)
    {
        nuint stride = (nuint)source.Stride;
        int groups = CodeProductShape.Groups(weights);
        ReadOnlySpan<float> scales = weights.Scales.Slice(row * groups, TileRows * groups);
        ref readonly byte codes = ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(panel));
        ref readonly byte tokens = ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(source.Codes[(token * source.Stride)..]));
        TSums sum00 = default, sum10 = default, sum20 = default, sum30 = default, sum01 = default, sum11 = default, sum21 = default, sum31 = default;
        TFloats total00 = default, total10 = default, total20 = default, total30 = default, total01 = default, total11 = default, total21 = default, total31 = default;
        for (int g = 0; g < groups; g++)
        {
            sum00 = sum10 = sum20 = sum30 = sum01 = sum11 = sum21 = sum31 = default;
            (nuint c, nuint end) = GroupColumns(weights, g, source.Stride);
            for (; c < end; c += (nuint)TStep.Width)
            {
                TBytes token0 = TStep.Load(in tokens, c), token1 = TStep.Load(in tokens, stride + c);
                TBytes magnitudes0 = TStep.Magnitudes(token0), magnitudes1 = TStep.Magnitudes(token1);
                TBytes weight = TStep.Load(in codes, c);
                (sum00, sum01) = (TStep.MultiplyAdd(sum00, weight, token0, magnitudes0), TStep.MultiplyAdd(sum01, weight, token1, magnitudes1));
                weight = TStep.Load(in codes, stride + c);
                (sum10, sum11) = (TStep.MultiplyAdd(sum10, weight, token0, magnitudes0), TStep.MultiplyAdd(sum11, weight, token1, magnitudes1));
                weight = TStep.Load(in codes, (2 * stride) + c);
                (sum20, sum21) = (TStep.MultiplyAdd(sum20, weight, token0, magnitudes0), TStep.MultiplyAdd(sum21, weight, token1, magnitudes1));
                weight = TStep.Load(in codes, (3 * stride) + c);
                (sum30, sum31) = (TStep.MultiplyAdd(sum30, weight, token0, magnitudes0), TStep.MultiplyAdd(sum31, weight, token1, magnitudes1));
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
    private static float MultiplyOne(ActivationCodes source, PackedWeights weights, ReadOnlySpan<sbyte> panel, int token, int row)
    {
        int groups = CodeProductShape.Groups(weights);
        ReadOnlySpan<float> scales = weights.Scales.Slice(row * groups, groups);
        ref readonly byte codes = ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(panel));
        ref readonly byte tokens = ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(source.Codes[(token * source.Stride)..]));
        TSums sum = default;
        TFloats total = default;
        for (int g = 0; g < groups; g++)
        {
            sum = default;
            (nuint c, nuint end) = GroupColumns(weights, g, source.Stride);
            for (; c < end; c += (nuint)TStep.Width)
            {
                TBytes activations = TStep.Load(in tokens, c);
                sum = TStep.MultiplyAdd(sum, TStep.Load(in codes, c), activations, TStep.Magnitudes(activations));
            }

            total = TStep.Scale(total, sum, scales[g]);
        }

        return groups == 1 ? scales[0] * TStep.Sum(sum) : TStep.Sum(total);
    }

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
