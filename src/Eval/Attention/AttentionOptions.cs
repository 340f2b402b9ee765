using OutlierQuant.Models;

namespace OutlierQuant.Eval.Attention;

/// <summary>What to look at in a model's attention, and how.</summary>
public sealed record AttentionOptions
{
    /// <summary>The number of windows unless more or fewer are asked for: as in Gu et al.</summary>
    public const int DefaultWindows = 100;

    /// <summary>T, the tokens of a window of the sink metric unless told otherwise: as in Gu et al. A shorter context takes its place.</summary>
    public const int DefaultSinkLength = 64;

    /// <summary>Gets the most windows to use, evenly spaced over the text; null for all.</summary>
    public int? MaxWindows { get; init; } = DefaultWindows;

    /// <summary>Gets the tokens of a window, BOS included; null for the model's largest position, at most <see cref="PerplexityOptions.DefaultContext"/>.</summary>
    public int? Context { get; init; }

    /// <summary>Gets whether BOS is prepended; null prepends it when the tokenizer has one.</summary>
    public bool? Bos { get; init; }

    /// <summary>Gets ε of the sink metric: a key is a sink in a head where <c>α &gt; ε</c>. From 0 to 1.</summary>
    public double SinkThreshold { get; init; } = 0.3;

    /// <summary>Gets T, the tokens of a window of the sink metric, BOS included; null for <see cref="DefaultSinkLength"/>, or the context if that is shorter.</summary>
    public int? SinkLength { get; init; }

    /// <summary>Gets the share of its attention above which a query is parked on the sinks. From 0 to 1.</summary>
    public double DormantShare { get; init; } = 0.5;

    /// <summary>Gets the heads to draw; null for the head that attends to the sinks most, the median one and the one that does so least.</summary>
    public IReadOnlyList<HeadPlace>? Heads { get; init; }

    /// <summary>Gets the seed of random and repeated tokens.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Gets what is called as the work goes on: one arm for each kind of window.</summary>
    public Action<ArmProgress>? Progress { get; init; }

    /// <summary>Gets what stops the work.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Refuses values that no model can meet.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it and the range.</exception>
    internal void Validate(TransformerModel model)
    {
        Require(SinkThreshold is >= 0 and <= 1, $"The threshold of the sink metric is {SinkThreshold}; it must be from 0 to 1.");
        Require(DormantShare is >= 0 and <= 1, $"The share that parks a query is {DormantShare}; it must be from 0 to 1.");
        var allowed = model.Config.MaxPositions;
        Require((Context is null or >= 2) && !(Context > allowed), $"The context is {Context} tokens; this model allows 2 to {allowed}.");
        Require((SinkLength is null or >= 2) && !(SinkLength > allowed), $"The sink metric's windows are {SinkLength} tokens; this model allows 2 to {allowed}.");
        foreach (var head in Heads ?? [])
        {
            Require(
                head.Block >= 0 && head.Block < model.Config.BlockCount && head.Head >= 0 && head.Head < model.Config.HeadCount,
                $"There is no head {head}; the model has blocks 0 to {model.Config.BlockCount - 1} with heads 0 to {model.Config.HeadCount - 1}.");
        }

        static void Require(bool holds, string message)
        {
            if (!holds)
            {
                throw new ArgumentException(message);
            }
        }
    }
}
