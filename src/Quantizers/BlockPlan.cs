namespace OutlierQuant.Quantizers;

/// <summary>How the output of a block is rounded, and why.</summary>
public sealed record BlockPlan
{
    /// <summary>Gets the block, from 0.</summary>
    public required int Block { get; init; }

    /// <summary>Gets the width of a code: 4 or 8.</summary>
    public required int Bits { get; init; }

    /// <summary>Gets the step between codes.</summary>
    public required float Scale { get; init; }

    /// <summary>Gets the channels of the stream that the plan's preservation is about, sorted.</summary>
    public required IReadOnlyList<ChannelPlan> Channels { get; init; }

    /// <summary>Gets why, in a sentence.</summary>
    public required string Reason { get; init; }
}
