using System.Text.Json.Serialization;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Comparison;

/// <summary>How one arm of a comparison did: one scheme with one preservation.</summary>
public sealed record ArmResult
{
    /// <summary>Gets the scheme; for a residual scheme at one block, followed by <c>@</c> and the block.</summary>
    public required string Scheme { get; init; }

    /// <summary>Gets what was preserved: <c>none</c>, <c>channels</c>, <c>clip</c>, <c>mean</c>, <c>fold</c> or <c>fold+channels</c>.</summary>
    public required string Preserve { get; init; }

    /// <summary>Gets how many channels were asked for; null for those that the profile suggests.</summary>
    public required int? Channels { get; init; }

    /// <summary>Gets the mean number of channels that the preservation is about, over the linears or blocks it applies to.</summary>
    public required double MeanChannels { get; init; }

    /// <summary>Gets <c>exp(meanNll)</c>.</summary>
    public required double Perplexity { get; init; }

    /// <summary>Gets the mean negative log-likelihood in nats per token.</summary>
    public required double MeanNll { get; init; }

    /// <summary>Gets the mean over tokens of the loss minus the full-precision model's, in nats.</summary>
    public required double DeltaNll { get; init; }

    /// <summary>Gets the 95 % confidence interval of <see cref="DeltaNll"/>, from paired differences clustered by window; null for a single window.</summary>
    public required Interval? DeltaNllCi95 { get; init; }

    /// <summary>Gets the mean KL divergence from the full-precision model in nats per token.</summary>
    public required double Kl { get; init; }

    /// <summary>Gets the share of tokens, 0 to 1, at which both models find the same token likeliest.</summary>
    public required double Top1Agreement { get; init; }

    /// <summary>Gets the bits stored for one weight of the linears that the arm could quantize.</summary>
    public required double BitsPerWeight { get; init; }

    /// <summary>Gets the bytes of all tensors of the model.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Gets the kernels that the linears ran on, in order of first use.</summary>
    public required IReadOnlyList<string> Kernels { get; init; }

    /// <summary>Gets whether rounded values were carried as floats because no kernel works on their codes.</summary>
    public required bool FakeQuantized { get; init; }

    /// <summary>Gets the tokens scored per second of elapsed time.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Gets the losses behind the means, one array a window. Shape <c>[windowsScored][targets]</c>. Not in json.</summary>
    [JsonIgnore]
    public IReadOnlyList<double[]> Losses { get; init; } = [];

    /// <summary>Gets the perplexity over the full-precision model's: <c>exp(deltaNll)</c>. Not in json.</summary>
    [JsonIgnore]
    public double Ratio => Math.Exp(DeltaNll);

    /// <summary>Gets the arm's name as <c>--arms</c> takes it. Not in json.</summary>
    [JsonIgnore]
    public string Name => Channels is { } channels ? $"{Scheme}:{Preserve}:{channels}" : $"{Scheme}:{Preserve}";
}
