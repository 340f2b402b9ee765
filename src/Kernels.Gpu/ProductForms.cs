namespace OutlierQuant.Kernels.Gpu;

/// <summary>The one place that chooses kernels by shape: rows for few tokens, tiles for many.</summary>
/// <param name="tilesFromTokens">Fewest tokens that are multiplied in tiles.</param>
internal sealed class ProductForms(int tilesFromTokens)
{
    /// <summary>A tile computes 64 tokens whatever there are, rows read all weights once for 4 tokens: where that costs the same.</summary>
    public const int DefaultTilesFromTokens = 17;

    // The kernel of tiles over codes knows where a group ends only at whole 32 columns.
    private const int TileGroupMultiple = 32;

    /// <summary>Whether codes × codes go in tiles; in rows otherwise.</summary>
    public bool InTiles(int columns, int groupSize, int tokens) => tokens >= tilesFromTokens && (groupSize >= columns || groupSize % TileGroupMultiple == 0);

    /// <summary>Whether products of float activations go in tiles; in rows otherwise.</summary>
    public bool InTiles(int tokens) => tokens >= tilesFromTokens;
}
