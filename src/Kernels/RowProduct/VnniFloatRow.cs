using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>Few tokens of floats times packed weights on emitted 512-bit <c>vpdpbusd</c>: a token becomes three planes of bytes (<see cref="FixedPoint"/>).</summary>
/// <remarks>Tokens that <see cref="FixedPoint"/> refuses go the exact way. That depends on the token alone, so any split of the rows takes the same way.</remarks>
/// <param name="exact">The way for other tokens and other shapes.</param>
/// <param name="mostTokens">The number of tokens up to which this is used; null for the fastest choice.</param>
/// <param name="kernel">What runs the emitted functions; null for the processor.</param>
internal sealed class VnniFloatRow(IFloatRoute exact, int? mostTokens = null, IRowKernel? kernel = null) : IFloatRoute
{
    // Measured on an AMD EPYC (Zen 4), 4096 × 4096, beside TiledPlaneRoute.
    private const int FasterThanTiles = 56;
    private const int FasterThanTilesInGroups = 28;

    /// <inheritdoc/>
    public string Name => "avx512vnni";

    /// <inheritdoc/>
    public int MostTokens(PackedWeights weights) => Layout(weights) is not RowLayout layout ? exact.MostTokens(weights)
        : mostTokens ?? (layout.Grouping == RowGrouping.Whole ? FasterThanTiles : FasterThanTilesInGroups);

    /// <inheritdoc/>
    public PreparedFloats? Reserve(int tokens, PackedWeights weights) =>
        Layout(weights) is RowLayout layout ? new PreparedFloatRows(layout, tokens, weights.Columns, weights.PreservedChannels) : null;

    /// <inheritdoc/>
    public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared)
    {
        PreparedFloats.Check(prepared, tokens, weights.Columns, weights.PreservedChannels);
        using PreparedFloats? own = prepared is null ? Reserve(tokens, weights) : null;
        own?.Fill(source, 0, own.Pieces);
        if ((prepared ?? own) is not PreparedFloatRows rows || rows.Layout != Layout(weights))
        {
            exact.Multiply(source, tokens, weights, firstRow, rowCount, destination, null);
            return;
        }

        RowProducts.Multiply(weights, rows.Activations, firstRow, rowCount, destination, kernel ?? EmittedRowKernel.Instance);
        for (int t = 0; t < tokens; t++)
        {
            Span<float> token = destination.Slice(t * weights.Rows, weights.Rows);
            if (rows.Step(t) > 0)
            {
                RowScaling.Finish(token.Slice(firstRow, rowCount), rows.Step(t), weights, firstRow, rows.Side(t));
            }
            else
            {
                exact.Multiply(source.Slice(t * weights.Columns, weights.Columns), 1, weights, firstRow, rowCount, token, null);
            }
        }
    }

    private static RowLayout? Layout(PackedWeights weights) =>
        FixedPoint.Suits(weights.Columns) ? RowLayout.Of(weights.Format, weights.Columns, weights.GroupSize) : null;
}
