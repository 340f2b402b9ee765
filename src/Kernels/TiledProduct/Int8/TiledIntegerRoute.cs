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

    public PreparedCodes ReserveCodes(int tokens, PackedWeights weights) => new CodeActivationTiles(tokens, TileLayout.Steps(weights.Columns), weights.PreservedChannels.Length);

    public void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        CodePanels panels = new(weights, kernel.NeedsStarts);
        using PreparedCodes? own = source.Prepared is null ? ReserveCodes(source.Scales.Length, weights) : null;
        own?.Fill(source, 0, own.Pieces);
        if ((source.Prepared ?? own) is not CodeActivationTiles tiles)
        {
            throw new ArgumentException("The prepared activations are not tiles of codes: they were made for another kernel.", nameof(source));
        }

        tiles.CheckShape(source);
        TileDriver.Multiply(kernel, panels, tiles, tiles.Tokens, 1, firstRow, rowCount, destination);
    }
}
