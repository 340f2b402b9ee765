namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>The innermost loops of a tiled product, for one kind of element and one instruction set.</summary>
/// <remarks>Every kernel for the same elements gives the same bits: integer sums are exact, and <see cref="TileBlock"/> fixes the order of the rest.</remarks>
internal abstract unsafe class TileMicrokernel
{
    /// <summary>Gets the name that tables show.</summary>
    public abstract string Name { get; }

    /// <summary>Gets a value indicating whether only a team's own threads may call it.</summary>
    public virtual bool NeedsOwnThreads => false;

    /// <summary>Gets a value indicating whether it raises activations by 128, so that <see cref="TileBlock.Starts"/> has to take that off again:
    /// −128 times the sum of the codes of a feature and group.</summary>
    public virtual bool NeedsStarts => false;

    /// <summary>Computes a block.</summary>
    /// <exception cref="InvalidOperationException">Called on another thread than a team's own, though <see cref="NeedsOwnThreads"/>.</exception>
    public abstract void Multiply(TileBlock* block);
}
