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
    private const int Slice = WeightPacking.SliceColumns;
    private const int Quad = WeightPacking.QuadColumns;
    private const int BlockRows = 8;
    private const int MostTokensOfShortGroups = 12;

    public string Name => TStep.Name;

    /// <summary>Whether the rows are those of <see cref="FixedPoint"/>, in groups of one or two slices, or of whole quads.</summary>
    public static bool IsFor(PackedWeights weights) =>
        weights.Format != WeightFormat.Int8 && FixedPoint.Suits(weights.Columns) && QuadScales.AreGroups(weights);

    // Measured: short groups, which are scaled more often, take longer than panels from 13 tokens on.
    public int MostTokens(PackedWeights weights) => !IsFor(weights) ? exact.MostTokens(weights) : SlicesPerStart(weights) == 1 ? Math.Min(mostTokens, MostTokensOfShortGroups) : mostTokens;

    public PreparedFloats? Reserve(int tokens, PackedWeights weights) =>
        IsFor(weights) ? new PreparedPlaneRows<TStep, TBytes, TSums, TFloats>(weights.Format, SlicesPerStart(weights), tokens, weights.Columns, weights.PreservedChannels) : null;

    public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared)
    {
        PreparedFloats.Check(prepared, tokens, weights.Columns, weights.PreservedChannels);
        using PreparedFloats? own = prepared is null ? Reserve(tokens, weights) : null;
        own?.Fill(source, 0, own.Pieces);
        if ((prepared ?? own) is not PreparedPlaneRows<TStep, TBytes, TSums, TFloats> rows || rows.Format != weights.Format || rows.SlicesPerStart != SlicesPerStart(weights))
        {
            exact.Multiply(source, tokens, weights, firstRow, rowCount, destination, null);
        }
        else if (weights.Format == WeightFormat.Int4)
        {
            Multiply<Int4Packing>(source, rows, weights, firstRow, rowCount, destination);
        }
        else
        {
            Multiply<TernaryPacking>(source, rows, weights, firstRow, rowCount, destination);
        }
    }

    private void Multiply<TPacking>(
        ReadOnlySpan<float> source, PreparedPlaneRows<TStep, TBytes, TSums, TFloats> prepared, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
        where TPacking : struct, IPacking
    {
        for (int t = 0; t < prepared.Tokens; t++)
        {
            if (prepared.Step(t) == 0)
            {
                // One token at a time: the route for several sums in another order. All rows at once, because it makes its own form of the token.
                exact.Multiply(source.Slice(t * weights.Columns, weights.Columns), 1, weights, firstRow, rowCount, destination.Slice(t * weights.Rows, weights.Rows), null);
            }
        }

        int blockRows = prepared.Tokens == 1 ? rowCount : BlockRows;
        for (int r = firstRow; r < firstRow + rowCount; r += blockRows)
        {
            int rows = Math.Min(blockRows, firstRow + rowCount - r);
            for (int t = 0; t < prepared.Tokens; t++)
            {
                if (prepared.Step(t) > 0)
                {
                    MultiplyRows<TPacking>(prepared, t, weights, r, destination.Slice((t * weights.Rows) + r, rows));
                }
            }
        }
    }

    /// <summary>Computes the slices of a row whose sums start together: those of a group, but one by one where groups are not whole quads.</summary>
    private static int SlicesPerStart(PackedWeights weights) =>
        weights.GroupSize >= weights.Columns ? weights.Columns / Slice : weights.GroupSize % Quad == 0 ? weights.GroupSize / Slice : 1;

    private static void MultiplyRows<TPacking>(PreparedPlaneRows<TStep, TBytes, TSums, TFloats> prepared, int token, PackedWeights weights, int firstRow, Span<float> products)
        where TPacking : struct, IPacking
    {
        int groups = CodeProductShape.Groups(weights), rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns);
        ReadOnlySpan<byte> rows = weights.Codes.Slice(firstRow * rowBytes, products.Length * rowBytes);
        ReadOnlySpan<float> scales = weights.Scales.Slice(firstRow * groups, products.Length * groups);
        if (prepared.SlicesPerStart == 1)
        {
            ShortGroups<TPacking>(rows, scales, weights, ref prepared.PlanesOf(token), ref prepared.StartsOf(token), products);
        }
        else
        {
            LongGroups<TPacking>(rows, scales, weights, ref prepared.PlanesOf(token), ref prepared.StartsOf(token), products);
        }

        ReadOnlySpan<float> side = prepared.Side(token);
        float step = prepared.Step(token);
        for (int i = 0; i < products.Length; i++)
        {
            products[i] *= step;
        }

        SideProduct.AddTo(products, weights.PreservedColumns.Slice(firstRow * side.Length, products.Length * side.Length), side);
    }

    private static void ShortGroups<TPacking>(ReadOnlySpan<byte> rows, ReadOnlySpan<float> scales, PackedWeights weights, ref byte token, ref int start, Span<float> products)
        where TPacking : struct, IPacking
    {
        int groups = scales.Length / products.Length, rowBytes = rows.Length / products.Length;
        nuint quads = (nuint)(weights.Columns / Quad);
        QuadScales scaleOf = new(weights.GroupSize);
        for (int i = 0; i < products.Length; i++)
        {
            ref byte row = ref Unsafe.Add(ref MemoryMarshal.GetReference(rows), (nuint)i * (nuint)rowBytes);
            ref float scale = ref Unsafe.Add(ref MemoryMarshal.GetReference(scales), (nuint)i * (nuint)groups);
            products[i] = PlaneProducts<TPacking, TStep, TBytes, TSums, TFloats>.OfSlices(ref row, ref token, ref start, ref scale, scaleOf, quads);
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
