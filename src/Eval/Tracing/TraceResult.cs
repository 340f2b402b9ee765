using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Which weights make a model's spike, which token and channel hold it, who uses it, who takes it away, and what it costs quantization.</summary>
public sealed record TraceResult
{
    /// <summary>The version of the json that this code writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Gets the version of the json.</summary>
    public required int Version { get; init; }

    /// <summary>Gets the name of the model's directory.</summary>
    public required string Model { get; init; }

    /// <summary>Gets the text that was traced.</summary>
    public required CalibrationText Text { get; init; }

    /// <summary>Gets the smallest ratio of a spike.</summary>
    public required double MinRatio { get; init; }

    /// <summary>Gets where the spike comes from.</summary>
    public required SpikeOrigin Origin { get; init; }

    /// <summary>Gets the coordinate that was traced; null without a spike.</summary>
    public required Spike? Spike { get; init; }

    /// <summary>Gets how it comes and goes; null without a spike.</summary>
    public required SpikeShape? Shape { get; init; }

    /// <summary>Gets what every block does to the spike's channel at the traced token; empty without a spike.</summary>
    public required IReadOnlyList<BlockStep> Path { get; init; }

    /// <summary>Gets the super weights, the spike's own channel first; empty unless one block makes the spike by its MLP, and one weight makes at least half of that.</summary>
    public required IReadOnlyList<SuperWeight> SuperWeights { get; init; }

    /// <summary>Gets the extremes of every block's down projection.</summary>
    public required IReadOnlyList<DownExtremes> Downs { get; init; }

    /// <summary>Gets the tokens that hold the spike at the output of its first block, the most frequent first, at most eight; empty without a spike.</summary>
    public required IReadOnlyList<TokenCount> Tokens { get; init; }

    /// <summary>Gets the attention on those tokens in every later block; empty without a spike.</summary>
    public required IReadOnlyList<AttendingBlock> Attention { get; init; }

    /// <summary>Gets what rounding costs the other tokens with each element rounded and kept; empty without a spike.</summary>
    public required IReadOnlyList<ElementError> Errors { get; init; }

    /// <summary>Gets the untouched model's perplexity; null unless weights were changed.</summary>
    public required PerplexityResult? Baseline { get; init; }

    /// <summary>Gets what changed weights do; empty for a prompt, without a spike, and for one that starts in the embedding.</summary>
    public required IReadOnlyList<WeightControl> Controls { get; init; }

    /// <summary>Gets the seed that drew the random weight.</summary>
    public required int Seed { get; init; }

    /// <summary>Gets what was found, in sentences.</summary>
    public required IReadOnlyList<string> Verdict { get; init; }
}
