using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Few tokens of floats times int4 or ternary weights in integers: a token becomes three planes of bytes (<see cref="FixedPoint"/>).</summary>
/// <remarks>
/// <para>Three byte products cost less than turning every code into a float: the fields of a quad are taken out once for all planes. The sums of
/// a group are exact.</para>
/// <para>Tokens that <see cref="FixedPoint"/> refuses go the exact way. That depends on the token alone, so any split of the rows takes the same way.
/// Several tokens take turns on a block of rows, which stays in the first-level cache.</para>
/// </remarks>
/// <param name="exact">The way for other tokens and other shapes.</param>
/// <param name="mostTokens">The number of tokens from which on panels of floats are faster.</param>
internal sealed class FixedPointRow<TStep, TBytes, TSums, TFloats>(IFloatRoute exact, int mostTokens = 16) : IFloatRoute
    where TStep : struct, IPackedStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    private const int Planes = FixedPoint.Planes;
    private const int Slice = WeightPacking.SliceColumns;
    private const int Quad = WeightPacking.QuadColumns;
    private const int BlockRows = 8;
    private const int MostTokensOfShortGroups = 12;

    public string Name => TStep.Name;

    /// <summary>Whether the rows are those of <see cref="FixedPoint"/>, in groups of whole slices.</summary>
    public static bool IsFor(PackedWeights weights) =>
        weights.Format != WeightFormat.Int8 && FixedPoint.Suits(weights.Columns)
        && (weights.GroupSize % Slice == 0 || weights.GroupSize >= weights.Columns);

    // Measured: short groups, which are scaled more often, take longer than panels from 13 tokens on.
    public int MostTokens(PackedWeights weights) => !IsFor(weights) ? exact.MostTokens(weights) : SlicesPerStart(weights) == 1 ? Math.Min(mostTokens, MostTokensOfShortGroups) : mostTokens;

    public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared)
    {
        if (!IsFor(weights))
        {
            exact.Multiply(source, tokens, weights, firstRow, rowCount, destination, null);
        }
        else if (weights.Format == WeightFormat.Int4)
        {
            Multiply<Int4Packing>(source, tokens, weights, firstRow, rowCount, destination);
        }
        else
        {
            Multiply<TernaryPacking>(source, tokens, weights, firstRow, rowCount, destination);
        }
    }

    private void Multiply<TPacking>(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
        where TPacking : struct, IPacking
    {
        int columns = weights.Columns, preserved = weights.PreservedChannels.Length;
        int slices = columns / Slice, slicesPerStart = SlicesPerStart(weights);
        int startsPerToken = PlaneStarts<TPacking, TStep, TBytes, TSums, TFloats>.Count(slices, slicesPerStart);
        float[] token = ArrayPool<float>.Shared.Rent(columns + (tokens * preserved));
        sbyte[] planeScratch = ArrayPool<sbyte>.Shared.Rent((tokens * Planes * columns) + AlignedSpan.Slack<sbyte>());
        int[] startScratch = ArrayPool<int>.Shared.Rent((tokens * startsPerToken) + AlignedSpan.Slack<int>());
        float[] steps = ArrayPool<float>.Shared.Rent(tokens);
        Span<sbyte> planes = AlignedSpan.Of(planeScratch, tokens * Planes * columns);
        Span<int> starts = AlignedSpan.Of(startScratch, tokens * startsPerToken);
        for (int t = 0; t < tokens; t++)
        {
            Span<sbyte> tokenPlanes = planes.Slice(t * Planes * columns, Planes * columns);
            ReadOnlySpan<float> values = source.Slice(t * columns, columns);
            if (preserved > 0)
            {
                SideProduct.TakeOut(values, weights.PreservedChannels, token.AsSpan(0, columns), token.AsSpan(columns + (t * preserved), preserved));
                values = token.AsSpan(0, columns);
            }

            bool isTaken = FixedPoint.TrySplit(values, tokenPlanes, Planes * Quad, Quad, out steps[t]);
            steps[t] = isTaken ? steps[t] : 0;
            if (isTaken)
            {
                PlaneStarts<TPacking, TStep, TBytes, TSums, TFloats>.Fill(
                    ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(tokenPlanes)), slices, slicesPerStart, ref starts[t * startsPerToken]);
            }
            else
            {
                // One token at a time: the route for several sums in another order.
                ExactToken(source, t, weights, firstRow, rowCount, destination);
            }
        }

        int blockRows = tokens == 1 ? rowCount : BlockRows;
        for (int r = firstRow; r < firstRow + rowCount; r += blockRows)
        {
            int rows = Math.Min(blockRows, firstRow + rowCount - r);
            for (int t = 0; t < tokens; t++)
            {
                if (steps[t] > 0)
                {
                    ReadOnlySpan<sbyte> tokenPlanes = planes.Slice(t * Planes * columns, Planes * columns);
                    ReadOnlySpan<float> side = token.AsSpan(columns + (t * preserved), preserved);
                    MultiplyRows<TPacking>(tokenPlanes, steps[t], starts.Slice(t * startsPerToken, startsPerToken), side, weights, r, destination.Slice((t * weights.Rows) + r, rows));
                }
            }
        }

        ArrayPool<float>.Shared.Return(steps);
        ArrayPool<int>.Shared.Return(startScratch);
        ArrayPool<sbyte>.Shared.Return(planeScratch);
        ArrayPool<float>.Shared.Return(token);
    }

    private void ExactToken(ReadOnlySpan<float> source, int token, PackedWeights weights, int firstRow, int rowCount, Span<float> destination) =>
        exact.Multiply(source.Slice(token * weights.Columns, weights.Columns), 1, weights, firstRow, rowCount, destination.Slice(token * weights.Rows, weights.Rows), null);

    /// <summary>Computes the slices of a row whose sums start together: those of a group, but one by one where groups are not whole quads.</summary>
    private static int SlicesPerStart(PackedWeights weights) =>
        weights.GroupSize >= weights.Columns ? weights.Columns / Slice : weights.GroupSize % Quad == 0 ? weights.GroupSize / Slice : 1;

    private static void MultiplyRows<TPacking>(
        ReadOnlySpan<sbyte> planes, float step, ReadOnlySpan<int> starts, ReadOnlySpan<float> side, PackedWeights weights, int firstRow, Span<float> products)
        where TPacking : struct, IPacking
    {
        int groups = CodeProductShape.Groups(weights), rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns);
        ref byte token = ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(planes));
        ref int start = ref MemoryMarshal.GetReference(starts);
        ReadOnlySpan<byte> rows = weights.Codes.Slice(firstRow * rowBytes, products.Length * rowBytes);
        ReadOnlySpan<float> scales = weights.Scales.Slice(firstRow * groups, products.Length * groups);
        if (SlicesPerStart(weights) == 1)
        {
            ShortGroups<TPacking>(rows, scales, weights, ref token, ref start, products);
        }
        else
        {
            LongGroups<TPacking>(rows, scales, weights, ref token, ref start, products);
        }

        for (int i = 0; i < products.Length; i++)
        {
            products[i] = side.Length == 0 ? step * products[i] : (step * products[i]) + SideProduct.Of(weights.PreservedColumns.Slice((firstRow + i) * side.Length, side.Length), side);
        }
    }

    /// <summary>Computes rows in pairs: the first half side by side with the second, so that each half is read in order. A row that is left over is its own partner.</summary>
    private static void ShortGroups<TPacking>(ReadOnlySpan<byte> rows, ReadOnlySpan<float> scales, PackedWeights weights, ref byte token, ref int start, Span<float> products)
        where TPacking : struct, IPacking
    {
        int groups = scales.Length / products.Length, rowBytes = rows.Length / products.Length, half = (products.Length + 1) / 2;
        for (int i = 0; i < half; i++)
        {
            int toSecond = i + half < products.Length ? half : 0;
            ref byte row = ref Unsafe.Add(ref MemoryMarshal.GetReference(rows), (nuint)i * (nuint)rowBytes);
            SliceScales rowScales = new(scales.Slice(i * groups, groups), weights.GroupSize / Slice);
            (products[i], products[i + toSecond]) = PlaneProducts<TPacking, TStep, TBytes, TSums, TFloats>.OfSlices(
                ref row, (nuint)toSecond * (nuint)rowBytes, ref token, ref start, rowScales, (nuint)toSecond * (nuint)groups, (nuint)(weights.Columns / Quad));
        }
    }

    private static void LongGroups<TPacking>(ReadOnlySpan<byte> rows, ReadOnlySpan<float> scales, PackedWeights weights, ref byte token, ref int start, Span<float> products)
        where TPacking : struct, IPacking
    {
        int groups = scales.Length / products.Length, rowBytes = rows.Length / products.Length;
        nuint quads = (nuint)(weights.Columns / Quad), quadsPerGroup = (nuint)(SlicesPerStart(weights) * Slice / Quad);
        for (int i = 0; i < products.Length; i++)
        {
            ref byte row = ref Unsafe.Add(ref MemoryMarshal.GetReference(rows), (nuint)i * (nuint)rowBytes);
            ref float scale = ref Unsafe.Add(ref MemoryMarshal.GetReference(scales), (nuint)i * (nuint)groups);
            products[i] = quadsPerGroup == 1
                ? PlaneProducts<TPacking, TStep, TBytes, TSums, TFloats>.OfQuads(ref row, ref token, ref start, ref scale, quads)
                : PlaneProducts<TPacking, TStep, TBytes, TSums, TFloats>.OfLongGroups(ref row, ref token, ref start, ref scale, quads, quadsPerGroup);
        }
    }
}
