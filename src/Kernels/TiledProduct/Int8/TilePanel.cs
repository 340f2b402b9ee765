namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>Memory for a panel of unpacked weights and for the sums of one call of a microkernel.</summary>
/// <param name="pairs">Pairs of 16 output features in the panel.</param>
/// <param name="pairBytes">Bytes of a pair in tiles.</param>
/// <param name="groups">Groups of a row.</param>
/// <param name="strips">Strips of tokens of one call.</param>
internal sealed unsafe class TilePanel(int pairs, int pairBytes, int groups, int strips) : IDisposable
{
    private readonly int _sideBytes = groups * TileLayout.PairRows * sizeof(float);
    private readonly PinnedMemory _memory = new(checked(
        (pairs * (pairBytes + (2 * groups * TileLayout.PairRows * sizeof(float)))) + ((strips + 1) * TileLayout.BlockSums * sizeof(float))));

    /// <summary>Gets memory for the sums of one group. Shape <c>[32, 32]</c>.</summary>
    public int* Scratch => (int*)_memory.Start;

    /// <summary>Gets memory for the sums of a call. Shape <c>[strips, 32, 32]</c>.</summary>
    public float* Sums => (float*)_memory.Start + TileLayout.BlockSums;

    private byte* FirstTiles => (byte*)(Sums + (strips * TileLayout.BlockSums));

    /// <summary>Gets the tiles of a pair.</summary>
    public byte* Tiles(int pair) => FirstTiles + ((nint)pair * pairBytes);

    /// <summary>Gets the step sizes of a pair. Shape <c>[groups, 32]</c>.</summary>
    public float* Scales(int pair) => (float*)(Tiles(pairs) + ((nint)pair * _sideBytes));

    /// <summary>Gets what the sums of a pair start from. Shape <c>[groups, 32]</c>.</summary>
    public int* Starts(int pair) => (int*)(Tiles(pairs) + ((nint)(pairs + pair) * _sideBytes));

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
