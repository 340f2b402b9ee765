using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>Few tokens of codes times packed weights on emitted 512-bit <c>vpdpbusd</c>: at the speed of memory.</summary>
/// <param name="mostTokens">The number of tokens up to which this is used; null for the fastest choice.</param>
/// <param name="kernel">What runs the emitted functions; null for the processor.</param>
internal sealed class VnniIntegerRow(int? mostTokens = null, IRowKernel? kernel = null) : IIntegerRoute
{
    /// <inheritdoc/>
    public string Name => "avx512vnni";

    /// <inheritdoc/>
    public int MostTokens(PackedWeights weights) => mostTokens ?? FasterThanTiles(weights);

    /// <inheritdoc/>
    public bool Fits(PackedWeights weights) => Layout(weights) is not null;

    /// <inheritdoc/>
    public PreparedCodes ReserveCodes(int tokens, PackedWeights weights) =>
        new PreparedCodeRows(Layout(weights)!.Value, tokens, WeightPacking.PaddedColumns(weights.Columns));

    /// <inheritdoc/>
    public void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        using PreparedCodes? own = source.Prepared is null ? ReserveCodes(source.Scales.Length, weights) : null;
        own?.Fill(source, 0, own.Pieces);
        if ((source.Prepared ?? own) is not PreparedCodeRows rows)
        {
            throw new ArgumentException("The prepared activations are not rows of codes: they were made for another kernel.", nameof(source));
        }

        rows.Check(Layout(weights)!.Value, source);
        RowProducts.Multiply(weights, rows.Activations, firstRow, rowCount, destination, kernel ?? EmittedRowKernel.Instance);
        int preserved = weights.PreservedChannels.Length;
        for (int t = 0; t < source.Scales.Length; t++)
        {
            RowScaling.Finish(destination.Slice((t * weights.Rows) + firstRow, rowCount), source.Scales[t], weights, firstRow, source.Preserved.Slice(t * preserved, preserved));
        }
    }

    // Measured on an AMD EPYC (Zen 4), 4096 × 4096 and 1536 × 896: from there on it pays that tiles unpack and scale weights once for 32 tokens.
    private static int FasterThanTiles(PackedWeights weights) => Layout(weights)?.Grouping switch
    {
        RowGrouping.Whole => 64,
        RowGrouping.Steps => 48,
        _ => 40,
    };

    private static RowLayout? Layout(PackedWeights weights) => RowLayout.Of(weights.Format, weights.Columns, weights.GroupSize);
}
