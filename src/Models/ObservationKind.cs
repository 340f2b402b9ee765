namespace OutlierQuant.Models;

/// <summary>The kinds of <see cref="ObservationPoint"/>.</summary>
public enum ObservationKind
{
    /// <summary>The residual stream after both residual additions of a block, before any <see cref="IBlockOutputTransform"/>.</summary>
    BlockOutput,

    /// <summary>What a linear multiplies, before any quantization of it.</summary>
    LinearInput,

    /// <summary>Attention probabilities of all heads of a block.</summary>
    AttentionProbabilities,

    /// <summary>The queries of all heads of a block, normalized and rotated.</summary>
    AttentionQueries,

    /// <summary>What softmax turns into those probabilities: <c>query · key / √headSize</c>, and −∞ where a query may not look.</summary>
    AttentionScores,

    /// <summary>The values that attention adds up, of all key and value heads of a block.</summary>
    AttentionValues,
}
