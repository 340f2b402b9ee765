using System.Buffers;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>Float activations times packed weights in tiles of bytes, for many tokens: a token becomes three planes (<see cref="FixedPoint"/>).</summary>
/// <remarks>Where the processor multiplies bytes more than three times as fast as floats, this is faster than floats. Tokens that <see cref="FixedPoint"/> refuses are gathered and go the exact way;
/// where they are more than half of all, every token does.</remarks>
/// <param name="kernel">The microkernel.</param>
/// <param name="exact">The way for other tokens and other shapes.</param>
internal sealed class TiledPlaneRoute(TileMicrokernel kernel, IFloatRoute exact) : IFloatRoute
{
    /// <inheritdoc/>
    public string Name => kernel.Name;

    /// <inheritdoc/>
    public int MostTokens(PackedWeights weights) => Fits(weights) ? int.MaxValue : 0;

    /// <inheritdoc/>
    public PreparedFloats? Reserve(int tokens, PackedWeights weights) =>
        Fits(weights) ? new PreparedPlaneTiles(tokens, weights.Columns, weights.PreservedChannels) : null;

    /// <inheritdoc/>
    public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared)
    {
        PreparedFloats.Check(prepared, tokens, weights.Columns, weights.PreservedChannels);
        using PreparedFloats? own = prepared is null ? Reserve(tokens, weights) : null;
        own?.Fill(source, 0, own.Pieces);
        if ((prepared ?? own) is not PreparedPlaneTiles planes || !Fits(weights))
        {
            exact.Multiply(source, tokens, weights, firstRow, rowCount, destination, null);
            return;
        }

        int[] refused = planes.Refused();
        if (refused.Length > tokens / 2)
        {
            exact.Multiply(source, tokens, weights, firstRow, rowCount, destination, null);
            return;
        }

        TileDriver.Multiply(kernel, new CodePanels(weights, kernel.NeedsStarts), planes.Tiles, tokens, FixedPoint.Planes, firstRow, rowCount, destination);
        if (refused.Length > 0)
        {
            MultiplyExactly(refused, source, weights, firstRow, rowCount, destination);
        }
    }

    private static bool Fits(PackedWeights weights) => FixedPoint.Suits(weights.Columns) && TileGroups.Fit(weights.Columns, weights.GroupSize);

    private void MultiplyExactly(int[] tokens, ReadOnlySpan<float> source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        int columns = weights.Columns, rows = weights.Rows;
        float[] gathered = ArrayPool<float>.Shared.Rent(tokens.Length * (columns + rows));
        Span<float> values = gathered.AsSpan(0, tokens.Length * columns), products = gathered.AsSpan(values.Length, tokens.Length * rows);
        for (int i = 0; i < tokens.Length; i++)
        {
            source.Slice(tokens[i] * columns, columns).CopyTo(values[(i * columns)..]);
        }

        exact.Multiply(values, tokens.Length, weights, firstRow, rowCount, products, null);
        for (int i = 0; i < tokens.Length; i++)
        {
            products.Slice((i * rows) + firstRow, rowCount).CopyTo(destination[((tokens[i] * rows) + firstRow)..]);
        }

        ArrayPool<float>.Shared.Return(gathered);
    }
}
