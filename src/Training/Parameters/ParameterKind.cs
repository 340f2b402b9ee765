namespace OutlierQuant.Training.Parameters;

/// <summary>What a parameter does; it decides how it starts and whether it decays.</summary>
internal enum ParameterKind
{
    /// <summary>A row for each token id; the output head too.</summary>
    Embedding,

    /// <summary>A row for each position.</summary>
    Positions,

    /// <summary>A learned token in front of every window.</summary>
    SinkToken,

    /// <summary>Queries, keys and values, and the gates of heads behind them.</summary>
    QueryKeyValue,

    /// <summary>Attended values back to the residual stream.</summary>
    AttentionOutput,

    /// <summary>Residual stream to the inside of the MLP: gate and up, or up alone.</summary>
    MlpInput,

    /// <summary>The inside of the MLP back to the residual stream.</summary>
    MlpOutput,

    /// <summary>What a linear adds.</summary>
    LinearBias,

    /// <summary>What a norm multiplies by.</summary>
    NormGain,

    /// <summary>What a norm adds.</summary>
    NormBias,

    /// <summary>What the norm of each head's query or key multiplies by.</summary>
    HeadNormGain,

    /// <summary>Explicit attention bias: k′.</summary>
    ConstantKey,

    /// <summary>Explicit attention bias: v′.</summary>
    ConstantValue,
}
