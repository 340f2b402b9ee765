namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>Multiplies bf16 tiles: the innermost loops of the product.</summary>
internal unsafe interface IBF16TileKernel
{
    /// <summary>Gets the name that tables show.</summary>
    string Name { get; }

    /// <summary>Gets a value indicating whether only the team's own threads may call it.</summary>
    bool NeedsOwnThreads { get; }

    /// <summary>Carries the steps out. Elements are those of <see cref="TileProductTwin"/>: bit for bit with <c>tdpbf16ps</c>, otherwise up to rounding.</summary>
    void Multiply(in TileSteps steps);
}
