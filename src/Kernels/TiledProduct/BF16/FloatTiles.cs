using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>Float activations times packed weights on bf16 tiles, for many tokens.</summary>
/// <remarks>Codes are exact in bf16. Groups that do not begin where tiles do, and activations that cannot be split (see <see cref="SplitRange"/>), take another route.</remarks>
/// <param name="product">Multiplies the tiles.</param>
/// <param name="others">Computes the rest.</param>
/// <param name="roundsToBF16">Whether activations are rounded to bf16; otherwise the product is as accurate as one in binary32.</param>
/// <param name="fromTokens">Number of tokens from which on tiles are used.</param>
internal sealed class FloatTiles(BF16Product product, IFloatRoute others, bool roundsToBF16, int fromTokens = BF16Tile.PairSide) : IFloatRoute
{
    /// <inheritdoc/>
    public string Name => product.Kernel.Name;

    /// <inheritdoc/>
    public bool Fits(PackedWeights weights) => true;

    /// <inheritdoc/>
    public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        if (tokens < fromTokens || weights.Columns == 0 || rowCount == 0 || !CodeWeightTiles.Fits(weights))
        {
            others.Multiply(source, tokens, weights, firstRow, rowCount, destination);
            return;
        }

        using ActivationTiles tiles = new(tokens, weights.Columns, roundsToBF16 ? 1 : BF16Split.MaxParts, weights.PreservedChannels);
        tiles.Pack(source, 0, tiles.Strips);
        if (tiles.IsSplittable)
        {
            product.Multiply(tiles, new CodeWeightTiles(weights), firstRow, rowCount, destination);
        }
        else
        {
            others.Multiply(source, tokens, weights, firstRow, rowCount, destination);
        }
    }
}
