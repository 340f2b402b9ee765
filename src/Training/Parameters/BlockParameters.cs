namespace OutlierQuant.Training.Parameters;

/// <summary>The parameters of one block; null where its variant has none.</summary>
internal sealed record BlockParameters
{
    /// <summary>Gets the norm over what attention reads.</summary>
    public NormParameters? AttentionNorm { get; init; }

    /// <summary>Gets the rows of queries, keys, values, then of the heads' gates.</summary>
    public required LinearParameters QueryKeyValue { get; init; }

    /// <summary>Gets the gain over each head's query.</summary>
    public Parameter? QueryGain { get; init; }

    /// <summary>Gets the gain over each head's key.</summary>
    public Parameter? KeyGain { get; init; }

    /// <summary>Gets k′. Shape [keyValueHeads, headSize].</summary>
    public Parameter? ConstantKey { get; init; }

    /// <summary>Gets v′. Shape [keyValueHeads, headSize].</summary>
    public Parameter? ConstantValue { get; init; }

    /// <summary>Gets the projection of attended values.</summary>
    public required LinearParameters AttentionOutput { get; init; }

    /// <summary>Gets the norm over what attention adds, or over the stream after it.</summary>
    public NormParameters? AttentionOutputNorm { get; init; }

    /// <summary>Gets the norm over what the MLP reads.</summary>
    public NormParameters? MlpNorm { get; init; }

    /// <summary>Gets the rows of gate and up, or of up alone.</summary>
    public required LinearParameters MlpInput { get; init; }

    /// <summary>Gets the projection of the MLP's inner values.</summary>
    public required LinearParameters MlpOutput { get; init; }

    /// <summary>Gets the norm over what the MLP adds, or over the stream after it.</summary>
    public NormParameters? MlpOutputNorm { get; init; }
}
