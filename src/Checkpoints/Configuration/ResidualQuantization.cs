namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>The rounding of block outputs with one static scale per block, as integer-only accelerators do.</summary>
public sealed record ResidualQuantization
{
    /// <summary>Gets the width of a code, 2 to 8.</summary>
    public required int Bits { get; init; }

    /// <summary>Gets the scale of each block whose output is rounded; key: block, 0-based.</summary>
    public required IReadOnlyDictionary<int, float> Scales { get; init; }

    /// <summary>Gets the channels of the residual stream that are treated apart: sorted and distinct.</summary>
    public required IReadOnlyList<int> PreservedChannels { get; init; }

    /// <summary>Gets how they are treated: <c>none</c>, <c>channels</c> (kept in float), <c>clip</c> (saturated) or <c>mean</c> (replaced).</summary>
    public required string Preserve { get; init; }

    /// <summary>Gets the values that replace the channels under <c>mean</c>; key: block, 0-based. Empty otherwise.</summary>
    public IReadOnlyDictionary<int, ResidualMeans> Means { get; init; } = new Dictionary<int, ResidualMeans>();
}
