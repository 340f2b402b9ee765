namespace OutlierQuant.Training.Measuring;

/// <summary>One measurement of a run.</summary>
public sealed record TrainingRecord
{
    /// <summary>Gets the number of steps done.</summary>
    public required int Step { get; init; }

    /// <summary>Gets the number of tokens trained on.</summary>
    public required long Tokens { get; init; }

    /// <summary>Gets the learning rate of the last step; 0 before the first.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Gets the mean training loss since the last measurement, in nats per token; null before the first step.</summary>
    public required double? Loss { get; init; }

    /// <summary>Gets the mean loss on the validation windows, in nats per token.</summary>
    public required double ValidationLoss { get; init; }

    /// <summary>Gets the mean norm of the gradient since the last measurement, before clipping; null before the first step.</summary>
    public required double? GradientNorm { get; init; }

    /// <summary>Gets the largest norm of the gradient since the last measurement, before clipping; null before the first step.</summary>
    public required double? LargestGradientNorm { get; init; }

    /// <summary>Gets the largest ratio of magnitude to median of any block's output.</summary>
    public required double Ratio { get; init; }

    /// <summary>Gets the block with that ratio.</summary>
    public required int RatioBlock { get; init; }

    /// <summary>Gets the largest value of each block's output.</summary>
    public required IReadOnlyList<BlockMeasurement> Blocks { get; init; }

    /// <summary>Gets the attention on the first token of the window: BOS, or without it the first of the text.</summary>
    public required SinkMeasurement FirstToken { get; init; }

    /// <summary>Gets the attention on k′, or on a learned sink token; null where there is none.</summary>
    public required SinkMeasurement? ExplicitSink { get; init; }

    /// <summary>Gets the norms of the weights.</summary>
    public required WeightNorms Weights { get; init; }
}
