using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>Float activations times packed weights on bf16 tiles, for many tokens. Codes are exact in bf16.</summary>
/// <param name="product">Multiplies the tiles.</param>
/// <param name="precision">Whether activations are rounded to bf16; otherwise the product is as accurate as one in binary32.</param>
/// <param name="fromTokens">Number of tokens from which on tiles are used.</param>
internal sealed class FloatTiles(BF16Product product, FloatPrecision precision, int fromTokens = BF16Tile.PairSide)
{
    /// <summary>Gets the name that tables show.</summary>
    public string Name => product.Kernel.Name;

    /// <inheritdoc cref="ICodeProductKernel.NeedsOwnThreads"/>
    public bool NeedsOwnThreads(int tokens) => product.Kernel.NeedsOwnThreads && tokens >= fromTokens;

    /// <summary>Whether tiles suit the shape: groups must begin where tiles do.</summary>
    public bool Takes(int tokens, PackedWeights weights) => tokens >= fromTokens && weights.Columns > 0 && CodeWeightTiles.Fits(weights);

    /// <inheritdoc cref="ICodeProductKernel.Reserve"/>
    public FloatActivationTiles Reserve(int tokens, PackedWeights weights) =>
        new(tokens, weights.Columns, precision == FloatPrecision.BF16 ? 1 : BF16Split.MaxParts, weights.PreservedChannels);

    /// <inheritdoc cref="ICodeProductKernel.Multiply(ReadOnlySpan{float}, int, PackedWeights, int, int, Span{float}, PreparedFloats)"/>
    /// <returns>Whether the activations can be split (see <see cref="SplitRange"/>); if not, nothing has been computed.</returns>
    public bool TryMultiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared)
    {
        PreparedFloats.Check(prepared, tokens, weights.Columns, weights.PreservedChannels);
        using FloatActivationTiles? made = prepared is null ? Reserve(tokens, weights) : null;
        made?.Fill(source, 0, made.Pieces);
        FloatActivationTiles activations = (FloatActivationTiles?)prepared ?? made!;
        if (activations.IsSplittable)
        {
            product.Multiply(activations, new CodeWeightTiles(weights), firstRow, rowCount, destination);
        }

        return activations.IsSplittable;
    }
}
