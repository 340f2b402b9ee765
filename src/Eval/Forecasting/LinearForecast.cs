using OutlierQuant.Eval.Scoring;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>The forecast for one linear under one scheme, beside what was measured.</summary>
/// <remarks>Ratios are in decibels; null where no finite number says it, and measured ones without a text.</remarks>
public sealed record LinearForecast
{
    /// <summary>Gets the name of the linear.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the block.</summary>
    public required int Block { get; init; }

    /// <summary>Gets its input; null where activations stay in float.</summary>
    public required TensorForecast? Input { get; init; }

    /// <summary>Gets its weights.</summary>
    public required TensorForecast Weights { get; init; }

    /// <summary>Gets the forecast for its output, over all tokens.</summary>
    public required double? Sqnr { get; init; }

    /// <summary>Gets the forecast for its output at tokens other than a leading BOS.</summary>
    public required double? SqnrElsewhere { get; init; }

    /// <summary>Gets the measured ratio of its output, over all tokens.</summary>
    public double? MeasuredSqnr { get; init; }

    /// <summary>Gets the measured ratio of its output at tokens other than a leading BOS.</summary>
    public double? MeasuredSqnrElsewhere { get; init; }

    /// <summary>Gets how many channels of its input the profile suggests to preserve.</summary>
    public required int SuggestedChannels { get; init; }

    /// <summary>Gets the largest channel absmax over the median channel's: what the suggestion's rule looks at.</summary>
    public required double ChannelRatio { get; init; }

    /// <summary>Gets what quantizing this linear alone costs; null unless it was asked for.</summary>
    public PairedScore? Damage { get; init; }
}
