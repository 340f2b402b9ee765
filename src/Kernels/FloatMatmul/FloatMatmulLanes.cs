using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>The product with float weights at one vector width.</summary>
/// <remarks>Which of the forms runs depends on the numbers of tokens and columns and the layout, never on the rows asked for.</remarks>
/// <param name="tiledFromTokens">Number of tokens from which on tiles are used; null for the fastest choice.</param>
internal sealed class FloatMatmulLanes<TLanes, TVector>(int? tiledFromTokens = null) : IFloatMatmulKernel
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    // Weights that lie as a panel wants them are only copied to it, so that tiles pay much sooner.
    private const int TransposedTiledFromTokens = 8;

    // Measured with 64 to 4096 columns: from here on reading a panel in order makes up for turning it. Adding up the lanes of short dot products takes longer than the products.
    private int FewestTiledTokens(int columns) => tiledFromTokens ?? columns switch { <= 128 => 20, <= 512 => 36, _ => 72 };

    /// <inheritdoc/>
    public int RowGranularity => 32;

    /// <inheritdoc/>
    public bool NeedsOwnThreads(FloatType type, int tokens) => false;

    /// <inheritdoc/>
    public string Describe(FloatType type, int tokens) => FloatMatmulName.Of(type, TLanes.Name);

    /// <inheritdoc/>
    public PreparedFloats? Reserve(FloatType type, int tokens, int columns) =>
        tokens >= FewestTiledTokens(columns) && TLanes.Count > 1 && columns > 0 ? ReserveTiles(tokens, columns) : null;

    /// <inheritdoc/>
    public void Multiply(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared = null)
    {
        FloatMatmulShape.Check(source, tokens, weights, firstRow, rowCount, destination);
        PreparedFloats.Check(prepared, tokens, weights.Columns, []);
        switch (weights.Type)
        {
            case FloatType.F32:
                Multiply<F32Element>(source, tokens, weights, firstRow, rowCount, destination, prepared);
                break;
            case FloatType.F16:
                Multiply<F16Element>(source, tokens, weights, firstRow, rowCount, destination, prepared);
                break;
            default:
                Multiply<BF16Element>(source, tokens, weights, firstRow, rowCount, destination, prepared);
                break;
        }
    }

    // The tokens of a tile do not depend on the elements.
    private static TokenTiles ReserveTiles(int tokens, int columns) => new(tokens, columns, TiledProducts<TLanes, TVector, F32Element>.TileTokens);

    private void Multiply<TElement>(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared)
        where TElement : IWeightElement
    {
        // Panels are made of vectors; a single lane gains nothing from them. Without columns there is no block that would write the zeros.
        if (tokens >= (weights.IsTransposed ? tiledFromTokens ?? TransposedTiledFromTokens : FewestTiledTokens(weights.Columns)) && TLanes.Count > 1 && weights.Columns > 0)
        {
            using TokenTiles? own = prepared is null ? ReserveTiles(tokens, weights.Columns) : null;
            own?.Fill(source, 0, own.Pieces);
            TokenTiles tiles = own ?? prepared as TokenTiles ?? throw new ArgumentException("The prepared activations are not tiles of tokens: they were made for another kernel.", nameof(prepared));
            TiledProducts<TLanes, TVector, TElement>.Multiply(tiles, weights, firstRow, rowCount, destination);
        }
        else if (weights.IsTransposed)
        {
            ColumnSums<TLanes, TVector, TElement>.Multiply(source, tokens, weights, firstRow, rowCount, destination);
        }
        else if (typeof(TElement) == typeof(F16Element) && TLanes.Count >= HalfTiles.Width && HalfTiles.IsAvailable)
        {
            // Eight lanes at any width: sixteen took longer, for one token and for several (measured on Zen 4).
            SharedDotProducts<Lanes256, Vector256<float>, TElement>.Multiply(source, tokens, weights, firstRow, rowCount, destination);
        }
        else if (tokens >= 2)
        {
            SharedDotProducts<TLanes, TVector, TElement>.Multiply(source, tokens, weights, firstRow, rowCount, destination);
        }
        else if (typeof(TElement) == typeof(F16Element) && tokens == 1 && TLanes.Count > 1)
        {
            HalfDotProducts<TLanes, TVector>.Multiply(source, weights, firstRow, rowCount, destination);
        }
        else
        {
            DotProducts<TLanes, TVector, TElement>.Multiply(source, tokens, weights, firstRow, rowCount, destination);
        }
    }
}
