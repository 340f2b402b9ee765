using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>One token of floats times int4 or ternary weights in integers: the token becomes three planes of bytes (<see cref="FixedPoint"/>).</summary>
/// <remarks>
/// <para>Three byte products cost less than turning every code into a float: the fields of a quad are taken out once for all planes. The sums of
/// a group are exact; planes are weighted by their scales: scale, 256 · scale and 65536 · scale, both exact.</para>
/// <para>Tokens that <see cref="FixedPoint"/> refuses go the exact way. That depends on the token alone, so any split of the rows takes the same way.</para>
/// </remarks>
/// <param name="exact">The way for other tokens.</param>
internal sealed class FixedPointRow<TStep, TBytes, TSums, TFloats>(IFloatRoute exact) : IFloatRoute
    where TStep : struct, IPackedStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    private const int Planes = 3;
    private const int Slice = WeightPacking.SliceColumns;
    private const int Quad = WeightPacking.QuadColumns;

    public string Name => TStep.Name;

    private static int Lanes => TStep.Width / sizeof(int);

    /// <summary>Whether the rows are whole quads in groups of whole quads, and long enough for the error of a half step to drown in that of a float sum.</summary>
    public static bool IsFor(PackedWeights weights) =>
        weights.Format != WeightFormat.Int8 && weights.Columns >= 4 * Quad && weights.Columns % Quad == 0
        && (weights.GroupSize % Quad == 0 || weights.GroupSize >= weights.Columns);

    public bool Fits(PackedWeights weights) => exact.Fits(weights);

    public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        if (tokens != 1 || !IsFor(weights))
        {
            exact.Multiply(source, tokens, weights, firstRow, rowCount, destination);
            return;
        }

        int columns = weights.Columns, preserved = weights.PreservedChannels.Length;
        float[] token = ArrayPool<float>.Shared.Rent(columns + preserved);
        sbyte[] planes = ArrayPool<sbyte>.Shared.Rent(Planes * columns);
        Span<float> side = token.AsSpan(columns, preserved);
        source.CopyTo(token);
        for (int j = 0; j < preserved; j++)
        {
            side[j] = source[weights.PreservedChannels[j]];
            token[weights.PreservedChannels[j]] = 0;
        }

        if (!FixedPoint.TrySplit(token.AsSpan(0, columns), planes, out float step))
        {
            exact.Multiply(source, tokens, weights, firstRow, rowCount, destination);
        }
        else if (weights.Format == WeightFormat.Int4)
        {
            MultiplyRows<Int4Packing>(planes, step, side, weights, firstRow, rowCount, destination);
        }
        else
        {
            MultiplyRows<TernaryPacking>(planes, step, side, weights, firstRow, rowCount, destination);
        }

        ArrayPool<sbyte>.Shared.Return(planes);
        ArrayPool<float>.Shared.Return(token);
    }

    private static void MultiplyRows<TPacking>(ReadOnlySpan<sbyte> planes, float step, ReadOnlySpan<float> side, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
        where TPacking : struct, IPacking
    {
        int groups = CodeProductShape.Groups(weights), groupSize = Math.Min(weights.GroupSize, weights.Columns);
        int rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns);
        int[] starts = ArrayPool<int>.Shared.Rent(Planes * groups * Lanes);
        ref byte token = ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(planes));
        FillStarts<TPacking>(ref token, groups, groupSize, weights.Columns, starts);
        for (int r = firstRow; r < firstRow + rowCount; r++)
        {
            float product = step * Row<TPacking>(
                ref MemoryMarshal.GetReference(weights.Codes.Slice(r * rowBytes, rowBytes)), ref token, (nuint)weights.Columns,
                ref MemoryMarshal.GetReference(starts.AsSpan()), ref MemoryMarshal.GetReference(weights.Scales.Slice(r * groups, groups)), groups, (nuint)groupSize);
            destination[r] = side.Length == 0 ? product : product + SideProduct.Of(weights.PreservedColumns.Slice(r * side.Length, side.Length), side);
        }

        ArrayPool<int>.Shared.Return(starts);
    }

    /// <summary>Computes what the sums of each group start from, for each plane: minus the offset of the fields times the sum of the plane.</summary>
    private static void FillStarts<TPacking>(ref byte token, int groups, int groupSize, int columns, Span<int> starts)
        where TPacking : struct, IPacking
    {
        TBytes offset = TStep.Broadcast(TPacking.Offset);
        ref int start = ref MemoryMarshal.GetReference(starts);
        for (int g = 0; g < groups; g++)
        {
            for (int plane = 0; plane < Planes; plane++)
            {
                TSums sums = default;
                for (int c = g * groupSize; c < Math.Min((g + 1) * groupSize, columns); c += TStep.Width)
                {
                    sums = TStep.MultiplyAddFields(sums, offset, TStep.Load(ref token, (nuint)((plane * columns) + c)));
                }

                TStep.StoreSums(TStep.Negate(sums), ref start, (nuint)(((g * Planes) + plane) * Lanes));
            }
        }
    }

    private static float Row<TPacking>(ref byte packed, ref byte token, nuint columns, ref int starts, ref float scales, int groups, nuint groupSize)
        where TPacking : struct, IPacking
    {
        TFloats total0 = default, total1 = default, total2 = default;
        nuint column = 0;
        for (int g = 0; g < groups; g++)
        {
            TSums sums0 = TStep.LoadSums(ref starts, 0), sums1 = TStep.LoadSums(ref starts, (nuint)Lanes), sums2 = TStep.LoadSums(ref starts, (nuint)(2 * Lanes));
            for (nuint end = nuint.Min(column + groupSize, columns); column < end; column += Quad)
            {
                (sums0, sums1, sums2) = AddQuadPart<TPacking>(sums0, sums1, sums2, ref packed, ref token, columns, 0);
                if (TStep.Width < Slice)
                {
                    (sums0, sums1, sums2) = AddQuadPart<TPacking>(sums0, sums1, sums2, ref packed, ref token, columns, (nuint)TStep.Width);
                }

                packed = ref Unsafe.Add(ref packed, Quad * TPacking.Bits / 8);
                token = ref Unsafe.Add(ref token, Quad);
            }

            float scale = Unsafe.Add(ref scales, g);
            (total0, total1, total2) = (TStep.Scale(total0, sums0, scale), TStep.Scale(total1, sums1, 256 * scale), TStep.Scale(total2, sums2, 65536 * scale));
            starts = ref Unsafe.Add(ref starts, Planes * Lanes);
        }

        return TStep.Sum(TStep.Add(TStep.Add(total0, total1), total2));
    }

    /// <summary>Adds one vector of each of four slices to the sums of each plane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TSums Sums0, TSums Sums1, TSums Sums2) AddQuadPart<TPacking>(TSums sums0, TSums sums1, TSums sums2, ref byte packed, ref byte token, nuint columns, nuint i)
        where TPacking : struct, IPacking
    {
        TBytes fields0 = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Field(ref packed, i, 0), fields1 = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Field(ref packed, i, 1);
        TBytes fields2 = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Field(ref packed, i, 2), fields3 = PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>.Field(ref packed, i, 3);
        return (
            AddPlane(sums0, fields0, fields1, fields2, fields3, ref token, i),
            AddPlane(sums1, fields0, fields1, fields2, fields3, ref token, i + columns),
            AddPlane(sums2, fields0, fields1, fields2, fields3, ref token, i + (2 * columns)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums AddPlane(TSums sums, TBytes fields0, TBytes fields1, TBytes fields2, TBytes fields3, ref byte token, nuint column) => TStep.MultiplyAddFields(
        sums,
        fields0, TStep.Load(ref token, column),
        fields1, TStep.Load(ref token, column + Slice),
        fields2, TStep.Load(ref token, column + (2 * Slice)),
        fields3, TStep.Load(ref token, column + (3 * Slice)));
}
