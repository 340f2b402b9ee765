namespace OutlierQuant.Kernels.Gpu;

/// <summary>The one place that chooses kernels by shape: rows for few tokens, tiles for many, on tensor cores where there are some.</summary>
/// <param name="tilesFromTokens">Fewest tokens that are multiplied in tiles.</param>
/// <param name="hasTensorCores">Whether the device runs the kernels for tensor cores.</param>
internal sealed class ProductForms(int tilesFromTokens, bool hasTensorCores)
{
    /// <summary>A tile computes 64 tokens whatever there are, rows read all weights once for 4 tokens: where that costs the same.</summary>
    public const int DefaultTilesFromTokens = 17;

    /// <summary>The feature of devices that run the kernels for tensor cores.</summary>
    public const string TensorFeature = "mma";

    // The kernels of tiles over codes know where a group ends only at whole 32 columns.
    private const int TileGroupMultiple = 32;

    /// <summary>Chooses for codes × codes.</summary>
    public ProductForm OfCodes(int columns, int groupSize, int tokens) =>
        tokens < tilesFromTokens || (groupSize < columns && groupSize % TileGroupMultiple != 0) ? ProductForm.Rows
        : hasTensorCores ? ProductForm.Tensor
        : ProductForm.Tiles;

    /// <summary>Chooses for products of float activations.</summary>
    /// <remarks>Never tensor cores: their operands have 8 or 11 significant bits, and these products promise the accuracy of binary32.</remarks>
    public ProductForm OfFloats(int tokens) => tokens < tilesFromTokens ? ProductForm.Rows : ProductForm.Tiles;
}
