using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>The tile products in software: lets every machine test what surrounds them.</summary>
internal sealed unsafe class TwinTileKernel : IBF16TileKernel
{
    /// <inheritdoc/>
    public string Name => "twin";

    /// <inheritdoc/>
    public bool NeedsOwnThreads => false;

    /// <inheritdoc/>
    public void Multiply(in TileSteps steps)
    {
        for (nint item = 0; item < steps.Items; item++)
        {
            float* sums = steps.Sums + (item * 4 * BF16Tile.Elements);
            NativeMemory.Clear(sums, 4 * BF16Tile.Elements * sizeof(float));
            for (nint product = 0; product < steps.ProductCount; product++)
            {
                byte* weights = steps.Weights + (item * steps.ItemStride) + steps.Products[2 * product];
                byte* activations = steps.Activations + steps.Products[(2 * product) + 1];
                for (nint k = 0; k < steps.ColumnTiles; k++)
                {
                    for (int tile = 0; tile < 4; tile++)
                    {
                        TileProductTwin.MultiplyAdd(
                            weights + (k * BF16Tile.PairBytes) + (tile / 2 * BF16Tile.Bytes),
                            activations + (k * BF16Tile.PairBytes) + (tile % 2 * BF16Tile.Bytes),
                            sums + (tile * BF16Tile.Elements));
                    }
                }
            }
        }
    }
}
