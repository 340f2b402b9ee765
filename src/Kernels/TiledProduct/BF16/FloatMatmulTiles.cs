using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>The product with float weights on bf16 tiles, for many tokens.</summary>
/// <remarks>
/// <para>Fewer tokens, and operands that cannot be split (see <see cref="SplitRange"/>), take the way of another kernel: all of the product when it is a token, one row when it is
/// a row of weights. So NaN and infinity propagate as they do there.</para>
/// </remarks>
/// <param name="product">Multiplies the tiles.</param>
/// <param name="others">Computes the rest.</param>
/// <param name="roundsToBF16">Whether activations and weights are rounded to bf16; otherwise the product is as accurate as one in binary32.</param>
/// <param name="fromTokens">Number of tokens from which on tiles are used.</param>
internal sealed class FloatMatmulTiles(BF16Product product, IFloatMatmulKernel others, bool roundsToBF16, int fromTokens = BF16Tile.PairSide) : IFloatMatmulKernel
{
    /// <inheritdoc/>
    public int RowGranularity => BF16Tile.PairSide;

    /// <inheritdoc/>
    public void Multiply(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        FloatMatmulShape.Check(source, tokens, weights, firstRow, rowCount, destination);
        if (tokens < fromTokens || weights.Columns == 0 || rowCount == 0)
        {
            others.Multiply(source, tokens, weights, firstRow, rowCount, destination);
            return;
        }

        using ActivationTiles tiles = new(tokens, weights.Columns, roundsToBF16 ? 1 : BF16Split.MaxParts, []);
        tiles.Pack(source, 0, tiles.Strips);
        if (!tiles.IsSplittable)
        {
            others.Multiply(source, tokens, weights, firstRow, rowCount, destination);
            return;
        }

        foreach (int row in Multiply(tiles, weights, firstRow, rowCount, destination) ?? [])
        {
            others.Multiply(source, tokens, weights, row, 1, destination);
        }
    }

    private List<int>? Multiply(ActivationTiles tiles, FloatWeights weights, int firstRow, int rowCount, Span<float> destination) => weights.Type switch
    {
        FloatType.F32 => product.Multiply(tiles, new FloatWeightTiles<F32Element>(weights, roundsToBF16 ? 1 : 3), firstRow, rowCount, destination),
        FloatType.F16 => product.Multiply(tiles, new FloatWeightTiles<F16Element>(weights, roundsToBF16 ? 1 : 2), firstRow, rowCount, destination),
        _ => product.Multiply(tiles, new FloatWeightTiles<BF16Element>(weights, 1), firstRow, rowCount, destination),
    };
}
