using System.Text.Json.Serialization;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Eval.Statistics;
using OutlierQuant.Models;

namespace OutlierQuant.Eval;

/// <summary>How well a model predicts a text. Losses are in nats per token.</summary>
public sealed record PerplexityResult
{
    /// <summary>Gets the name of the text.</summary>
    public required string Source { get; init; }

    /// <summary>Gets how the text was cut.</summary>
    public required PerplexityProtocol Protocol { get; init; }

    /// <summary>Gets the tokens of a window, BOS included.</summary>
    public required int Context { get; init; }

    /// <summary>Gets whether BOS was prepended.</summary>
    public required bool Bos { get; init; }

    /// <summary>Gets the fold of the model, whose prefix then stands before every window; null, and not in json, without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FoldDescription? Fold { get; init; }

    /// <summary>Gets the tokens from one window's start to the next; null unless <see cref="Protocol"/> is strided.</summary>
    public required int? Stride { get; init; }

    /// <summary>Gets the number of windows scored.</summary>
    public required int WindowsScored { get; init; }

    /// <summary>Gets the number of windows that the text has.</summary>
    public required int WindowsInText { get; init; }

    /// <summary>Gets the number of tokens scored.</summary>
    public required long TokensScored { get; init; }

    /// <summary>Gets the UTF-8 bytes of the source text that the scored tokens stand for.</summary>
    public required long BytesScored { get; init; }

    /// <summary>Gets the mean negative log-likelihood, <c>Σ −ln p(token) / tokensScored</c>.</summary>
    public required double MeanNll { get; init; }

    /// <summary>Gets the standard error of <see cref="MeanNll"/>, clustered by window (<see cref="ClusteredMean"/>); null for a single window.</summary>
    public required double? StandardError { get; init; }

    /// <summary>Gets the standard error as if tokens were independent, as other tools print it; usually too small. Null for a single token.</summary>
    public required double? StandardErrorPerToken { get; init; }

    /// <summary>Gets <c>exp(meanNll)</c>.</summary>
    public required double Perplexity { get; init; }

    /// <summary>Gets <c>meanNll · tokensScored / (ln 2 · bytesScored)</c>, which does not depend on the tokenizer's vocabulary.</summary>
    public required double BitsPerByte { get; init; }

    /// <summary>Gets the tokens scored per second of elapsed time.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Gets the most memory that the process held during the run, mapped files not counted, in bytes (<see cref="Scoring.PeakMemory"/>).</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>Gets the kernels that the model's linears ran on, in order of first use.</summary>
    public required IReadOnlyList<string> Kernels { get; init; }

    /// <summary>Gets where the time went, if the model's context measures it; else null and not in json. Tokens are those computed, scored or not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimingReport? Timing { get; init; }

    /// <summary>Gets the losses behind the means, one array a window. Shape <c>[windowsScored][targets]</c>. Not in json.</summary>
    [JsonIgnore]
    public IReadOnlyList<double[]> Losses { get; init; } = [];
}
