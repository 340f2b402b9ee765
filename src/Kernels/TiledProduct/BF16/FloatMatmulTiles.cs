using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>The product with float weights on bf16 tiles, for many tokens.</summary>
/// <remarks>Fewer tokens, and operands that cannot be split (see <see cref="SplitRange"/>), take the way of another kernel: the whole product for the sake of one token, one row
/// for the sake of its weights. So NaN and infinity propagate as they do there.</remarks>
/// <param name="product">Multiplies the tiles.</param>
/// <param name="others">Computes the rest.</param>
/// <param name="precision">Whether activations and weights are rounded to bf16; otherwise the product is as accurate as one in binary32.</param>
/// <param name="fromTokens">Number of tokens from which on tiles are used.</param>
/// <param name="fromRows">Number of output features from which on it pays that a call makes its own tiles.</param>
internal sealed class FloatMatmulTiles(BF16Product product, IFloatMatmulKernel others, FloatPrecision precision, int fromTokens = BF16Tile.PairSide, int fromRows = 256)
    : IFloatMatmulKernel
{
    private readonly bool _rounds = precision == FloatPrecision.BF16;

    /// <inheritdoc/>
    public int RowGranularity => BF16Tile.PairSide;

    /// <inheritdoc/>
    public bool NeedsOwnThreads(FloatType type, int tokens) => product.Kernel.NeedsOwnThreads && tokens >= fromTokens;

    /// <inheritdoc/>
    public string Describe(FloatType type, int tokens) => tokens >= fromTokens ? FloatMatmulName.Of(type, product.Kernel.Name) : others.Describe(type, tokens);

    /// <inheritdoc/>
    public PreparedFloats? Reserve(FloatType type, int tokens, int columns) =>
        tokens >= fromTokens && columns > 0 ? new FloatActivationTiles(tokens, columns, _rounds ? 1 : BF16Split.MaxParts, []) : null;

    /// <inheritdoc/>
    public void Multiply(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared = null)
    {
        FloatMatmulShape.Check(source, tokens, weights, firstRow, rowCount, destination);
        PreparedFloats.Check(prepared, tokens, weights.Columns, []);
        using PreparedFloats? made = prepared is null && weights.Rows >= fromRows ? Reserve(weights.Type, tokens, weights.Columns) : null;
        made?.Fill(source, 0, made.Pieces);
        if ((prepared ?? made) is not FloatActivationTiles { IsSplittable: true } activations)
        {
            others.Multiply(source, tokens, weights, firstRow, rowCount, destination);
            return;
        }

        foreach (int row in Multiply(activations, weights, firstRow, rowCount, destination) ?? [])
        {
            others.Multiply(source, tokens, weights, row, 1, destination);
        }
    }

    private List<int>? Multiply(FloatActivationTiles tiles, FloatWeights weights, int firstRow, int rowCount, Span<float> destination) => weights.Type switch
    {
        FloatType.F32 => product.Multiply(tiles, new FloatWeightTiles<F32Element>(weights, _rounds ? 1 : 3), firstRow, rowCount, destination),
        FloatType.F16 => product.Multiply(tiles, new FloatWeightTiles<F16Element>(weights, _rounds ? 1 : 2), firstRow, rowCount, destination),
        _ => product.Multiply(tiles, new FloatWeightTiles<BF16Element>(weights, 1), firstRow, rowCount, destination),
    };
}
