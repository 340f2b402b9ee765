namespace OutlierQuant.Eval.Circuits;

/// <summary>How to look for what makes an attention sink.</summary>
public sealed record CircuitOptions
{
    /// <summary>The number of windows unless more or fewer are asked for.</summary>
    public const int DefaultWindows = 16;

    /// <summary>The fewest tokens of a window: position 0, two others to exchange, and a query behind them.</summary>
    public const int LeastContext = 4;

    /// <summary>Gets the most windows to use, evenly spaced over the text; null for all.</summary>
    public int? MaxWindows { get; init; } = DefaultWindows;

    /// <summary>Gets the tokens of a window, BOS included; null for the model's largest position, at most <see cref="PerplexityOptions.DefaultContext"/>.</summary>
    public int? Context { get; init; }

    /// <summary>Gets whether BOS is prepended; null prepends it when the tokenizer has one.</summary>
    public bool? Bos { get; init; }

    /// <summary>Gets the number of channels that keys no longer read, at least 1.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Gets the seed that the control's channels are drawn with.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Gets what is called as the work goes on: one arm for each part.</summary>
    public Action<ArmProgress>? Progress { get; init; }

    /// <summary>Gets what stops the work.</summary>
    public CancellationToken Cancellation { get; init; }
}
