using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>Activation codes times packed weights in tiles, for many tokens.</summary>
/// <param name="kernel">The microkernel.</param>
/// <param name="fewestTokens">Tokens from which on tiles, which always hold 32, are the faster route.</param>
/// <param name="isForSmallCodes">Whether the microkernel takes the codes of int4 and ternary weights alone.</param>
internal sealed class TiledIntegerRoute(TileMicrokernel kernel, int fewestTokens, bool isForSmallCodes = false) : IIntegerRoute
{
    public string Name => kernel.Name;

    public int FewestTokens => fewestTokens;

    public bool NeedsOwnThreads => kernel.NeedsOwnThreads;

    public bool Fits(PackedWeights weights) => TileGroups.Fit(weights.Columns, weights.GroupSize) && !(isForSmallCodes && weights.Format == WeightFormat.Int8);

    public CodeActivationTiles ReserveCodes(int tokens, PackedWeights weights) => new(tokens, TileLayout.Steps(weights.Columns), weights.PreservedChannels.Length);

    public void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        CodePanels panels = new(weights, kernel.NeedsStarts);
        if (source.Tiles is CodeActivationTiles packed)
        {
            packed.CheckShape(source);
            TileDriver.Multiply(kernel, panels, packed, firstRow, rowCount, destination);
            return;
        }

        using CodeActivationTiles own = ReserveCodes(source.Scales.Length, weights);
        own.Fill(source, 0, own.Strips);
        TileDriver.Multiply(kernel, panels, own, firstRow, rowCount, destination);
    }
}
