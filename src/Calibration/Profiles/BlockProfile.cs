namespace OutlierQuant.Calibration.Profiles;

/// <summary>The output of one block, after both residual additions.</summary>
public sealed record BlockProfile
{
    /// <summary>Index of the block.</summary>
    public required int Block { get; init; }

    /// <summary>Mean over the windows of the median magnitude of all entries of that window's output.</summary>
    public required double Median { get; init; }

    /// <summary>
    /// The five strongest coordinates, each a (token class, channel) shown by its strongest entry, so that one value that every
    /// window repeats takes one line.
    /// </summary>
    public required IReadOnlyList<TopEntry> Top { get; init; }

    /// <summary>The five strongest channels of the beginning-of-sequence token; empty when none was prepended.</summary>
    public required IReadOnlyList<TopEntry> AtBos { get; init; }

    /// <summary>The strongest entry outside the beginning-of-sequence token; null when windows hold no other token.</summary>
    public required TopEntry? Elsewhere { get; init; }

    /// <summary>Per-channel statistics.</summary>
    public required ChannelStatistics Channels { get; init; }

    /// <summary>Per-token absmax.</summary>
    public required TokenAbsMaxQuantiles TokenAbsMax { get; init; }

    /// <summary>Magnitudes of all entries.</summary>
    public required MagnitudeQuantiles Magnitudes { get; init; }

    /// <summary>Channels to preserve when this output is quantized, strongest first.</summary>
    public required IReadOnlyList<SuggestedChannel> Suggested { get; init; }
}
