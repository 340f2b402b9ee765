using System.Text.Json.Serialization;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>What a model of this program's own family has in the place of a common part. Published architectures are <see cref="Plain"/>.</summary>
/// <param name="Attention">What attention has beside queries, keys and values.</param>
/// <param name="Norm">Where the norms of a block stand.</param>
/// <param name="QueryKeyNorm">Whether each head's query and key are normalized (root mean square, with a gain), before rotation.</param>
public sealed record ModelVariant(AttentionVariant Attention, NormPlacement Norm, bool QueryKeyNorm)
{
    /// <summary>Gets the common parts: attention and pre-norm without additions.</summary>
    public static ModelVariant Plain { get; } = new(AttentionVariant.Default, NormPlacement.Pre, false);

    /// <summary>Gets whether attention sees a constant key and value of each head, in front of every sequence.</summary>
    [JsonIgnore]
    public bool HasConstantKeys => Attention is AttentionVariant.Bias or AttentionVariant.SinkToken;
}
