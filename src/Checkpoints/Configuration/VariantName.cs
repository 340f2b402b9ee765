namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>The words for the parts of a <see cref="ModelVariant"/>, in <c>config.json</c> and on the command line.</summary>
public static class VariantName
{
    /// <summary>Gets the word of each attention variant.</summary>
    public static IReadOnlyDictionary<AttentionVariant, string> Attention { get; } = new Dictionary<AttentionVariant, string>
    {
        [AttentionVariant.Default] = "default",
        [AttentionVariant.Bias] = "bias",
        [AttentionVariant.SinkToken] = "sink-token",
        [AttentionVariant.Gated] = "gated",
    };

    /// <summary>Gets the word of each placement of norms.</summary>
    public static IReadOnlyDictionary<NormPlacement, string> Norm { get; } = new Dictionary<NormPlacement, string>
    {
        [NormPlacement.Pre] = "pre",
        [NormPlacement.Sandwich] = "sandwich",
        [NormPlacement.Post] = "post",
    };
}
