namespace OutlierQuant.Kernels.TiledProduct;

/// <summary>A weight matrix that can be unpacked to tiles, 32 output features at a time.</summary>
internal unsafe interface ITilePanels
{
    /// <summary>Gets the number of output features.</summary>
    int Rows { get; }

    /// <summary>Gets the bytes of 32 features in tiles.</summary>
    int PairBytes { get; }

    /// <summary>Gets the groups of a row.</summary>
    TileGroups Groups { get; }

    /// <summary>Gets the passes over a group: byte offsets of weights and activations, in pairs.</summary>
    ReadOnlySpan<nint> Passes { get; }

    /// <summary>Gets the float weights of some rows' preserved channels. Shape <c>[rowCount, preserved]</c>.</summary>
    ReadOnlySpan<float> PreservedColumns(int firstRow, int rowCount);

    /// <summary>Gets where a row is stored, for fetching it ahead of time.</summary>
    byte* Source(int row);

    /// <summary>Unpacks 32 features, or fewer and then zeros.</summary>
    /// <param name="firstRow">First feature.</param>
    /// <param name="rowCount">Number of features, 1 to 32.</param>
    /// <param name="tiles">Receives the weights. Shape <c>[PairBytes]</c>.</param>
    /// <param name="scales">Receives the step sizes. Shape <c>[groups, 32]</c>.</param>
    /// <param name="starts">Receives what integer sums start from, if the microkernel needs it. Shape <c>[groups, 32]</c>.</param>
    void Pack(int firstRow, int rowCount, byte* tiles, float* scales, int* starts);
}
