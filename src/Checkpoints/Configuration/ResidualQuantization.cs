namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>The rounding of block outputs with one static scale per block, as integer-only accelerators do.</summary>
public sealed record ResidualQuantization
{
    /// <summary>Gets the width of a code, 2 to 8.</summary>
    public required int Bits { get; init; }

    /// <summary>Gets how each block's channels are treated: <c>none</c>, <c>channels</c> (kept in float), <c>clip</c> (saturated) or <c>mean</c> (replaced).</summary>
    public required string Preserve { get; init; }

    /// <summary>Gets the blocks whose outputs are rounded, by rising index.</summary>
    public required IReadOnlyList<ResidualBlock> Blocks { get; init; }
}
