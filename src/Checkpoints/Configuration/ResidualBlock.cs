namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>The rounding of one block's output.</summary>
public sealed record ResidualBlock
{
    /// <summary>Gets the block, 0-based.</summary>
    public required int Block { get; init; }

    /// <summary>Gets the scale of all channels that are rounded, above 0.</summary>
    public required float Scale { get; init; }

    /// <summary>Gets the channels of the residual stream that are treated apart: sorted and distinct.</summary>
    public required IReadOnlyList<int> Channels { get; init; }

    /// <summary>Gets the values that replace them at a sink token under <c>mean</c>; empty otherwise. Shape <c>[channels]</c>.</summary>
    public IReadOnlyList<float> MeansAtSink { get; init; } = [];

    /// <summary>Gets the values that replace them at any other token under <c>mean</c>; empty otherwise. Shape <c>[channels]</c>.</summary>
    public IReadOnlyList<float> MeansElsewhere { get; init; } = [];
}
