namespace OutlierQuant.Calibration.Profiles;

/// <summary>The input of one linear, or of several that share it (query, key and value; gate and up).</summary>
public sealed record LinearInputProfile
{
    /// <summary>Index of the block; −1 for the output head.</summary>
    public required int Block { get; init; }

    /// <summary>Names of the linears that read this input, in the model's order.</summary>
    public required IReadOnlyList<string> Linears { get; init; }

    /// <summary>Per-channel statistics.</summary>
    public required ChannelStatistics Channels { get; init; }

    /// <summary>Per-token absmax.</summary>
    public required TokenAbsMaxQuantiles TokenAbsMax { get; init; }

    /// <summary>Magnitudes of all entries.</summary>
    public required MagnitudeQuantiles Magnitudes { get; init; }

    /// <summary>Channels to preserve, strongest first; empty when no channel is an outlier.</summary>
    public required IReadOnlyList<SuggestedChannel> Suggested { get; init; }
}
