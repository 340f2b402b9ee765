using System.Buffers;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Few tokens of floats times int8 weights with one scale a row: dot products with the bytes as they lie, scaled once.</summary>
internal static class ByteRows<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>Tokens up to which this is faster than turning panels of rows into floats.</summary>
    public const int MostTokens = 16;

    /// <summary>Whether rows are bytes of one scale without padding between them.</summary>
    public static bool IsFor(PackedWeights weights) =>
        weights.Format == WeightFormat.Int8 && weights.Columns > 0 && weights.Columns % WeightPacking.BlockBytes == 0 && weights.GroupSize >= weights.Columns;

    public static void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        int columns = weights.Columns, preserved = weights.PreservedChannels.Length;
        float[] scratch = ArrayPool<float>.Shared.Rent((tokens * (columns + preserved)) + AlignedSpan.Slack<float>());
        Span<float> cleared = AlignedSpan.Of(scratch, tokens * (columns + preserved));
        Span<float> side = cleared[(tokens * columns)..];
        for (int t = 0; t < tokens; t++)
        {
            SideProduct.TakeOut(
                source.Slice(t * columns, columns), weights.PreservedChannels, cleared.Slice(t * columns, columns), side.Slice(t * preserved, preserved));
        }

        FloatWeights bytes = new() { Elements = weights.Codes, Type = FloatType.F32, Rows = weights.Rows, Columns = columns };
        if (tokens == 1)
        {
            DotProducts<TLanes, TVector, Int8Element>.Multiply(cleared[..columns], tokens, bytes, firstRow, rowCount, destination);
        }
        else
        {
            SharedDotProducts<TLanes, TVector, Int8Element>.Multiply(cleared[..(tokens * columns)], tokens, bytes, firstRow, rowCount, destination);
        }

        for (int t = 0; t < tokens; t++)
        {
            RowScaling.Finish(destination.Slice((t * weights.Rows) + firstRow, rowCount), 1, weights, firstRow, side.Slice(t * preserved, preserved));
        }

        ArrayPool<float>.Shared.Return(scratch);
    }
}
