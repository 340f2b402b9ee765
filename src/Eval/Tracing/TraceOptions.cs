namespace OutlierQuant.Eval.Tracing;

/// <summary>How to trace.</summary>
public sealed record TraceOptions
{
    /// <summary>The number of windows traced and scored unless more or fewer are asked for.</summary>
    public const int DefaultWindows = 16;

    /// <summary>Gets how many times the median magnitude of its block's output the strongest coordinate must be to count as a spike. At least 1.</summary>
    public double MinRatio { get; init; } = 20;

    /// <summary>Gets the seed that draws the weight of <see cref="WeightChange.ZeroRandomWeight"/>.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Gets how to cut the text; the progress and cancellation in it are not used.</summary>
    public PerplexityOptions Text { get; init; } = new() { MaxWindows = DefaultWindows };

    /// <summary>Gets what is called as the work goes on.</summary>
    public Action<ArmProgress>? Progress { get; init; }

    /// <summary>Gets what stops the work.</summary>
    public CancellationToken Cancellation { get; init; }
}
