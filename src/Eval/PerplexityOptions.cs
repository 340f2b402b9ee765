using OutlierQuant.Models;

namespace OutlierQuant.Eval;

/// <summary>How to cut a text and score it.</summary>
public sealed record PerplexityOptions
{
    /// <summary>Gets how the text is cut.</summary>
    public PerplexityProtocol Protocol { get; init; } = PerplexityProtocol.Windows;

    /// <summary>Gets the tokens of a window, BOS included; null for the model's largest position, at most <see cref="DefaultContext"/>.</summary>
    public int? Context { get; init; }

    /// <summary>Gets whether BOS is prepended; null prepends it when the tokenizer has one.</summary>
    public bool? Bos { get; init; }

    /// <summary>Gets the tokens from one window's start to the next, for <see cref="PerplexityProtocol.Strided"/> only; null for half of the context.</summary>
    public int? Stride { get; init; }

    /// <summary>Gets how many windows, evenly spaced over the text, are scored at most; null for all.</summary>
    public int? MaxWindows { get; init; }

    /// <summary>Gets what is called as the work goes on.</summary>
    public Action<ForwardProgress>? Progress { get; init; }

    /// <summary>Gets what stops the work.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The largest context that is chosen without being asked for.</summary>
    public const int DefaultContext = 2048;

    /// <summary>Gives the tokens of a window: those asked for, or what a model allows, at most <see cref="DefaultContext"/>.</summary>
    internal static int ContextOf(int? asked, int maxPositions) => asked ?? Math.Min(maxPositions, DefaultContext);
}
