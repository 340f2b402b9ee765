using OutlierQuant.Checkpoints.Configuration;

namespace OutlierQuant.Models.Architectures;

/// <summary>What an architecture calls its parts in a checkpoint. The names of a block's parts come after <c>prefix + blocks + "." + index + "."</c>.</summary>
internal sealed record TensorNames
{
    /// <summary>Gets what may stand before every name but the head's; the first that the checkpoint uses for its embedding holds.</summary>
    public required IReadOnlyList<string> Prefixes { get; init; }

    /// <summary>Gets the token embedding.</summary>
    public required string Embedding { get; init; }

    /// <summary>Gets the learned position embedding, or null where positions are rotary.</summary>
    public string? Positions { get; init; }

    /// <summary>Gets the list of blocks.</summary>
    public required string Blocks { get; init; }

    /// <summary>Gets the norm before attention.</summary>
    public required string AttentionNorm { get; init; }

    /// <summary>Gets the norm after attention, or null where no variant has one.</summary>
    public string? AttentionOutputNorm { get; init; }

    /// <summary>Gets the projections that attention starts with: query, key and value, or one that holds all three.</summary>
    public required IReadOnlyList<string> QueryKeyValue { get; init; }

    /// <summary>Gets the constant key of each head, or null where no variant has one.</summary>
    public string? ConstantKey { get; init; }

    /// <summary>Gets the constant value of each head, or null where no variant has one.</summary>
    public string? ConstantValue { get; init; }

    /// <summary>Gets the gate of each head, or null where no variant has one.</summary>
    public string? AttentionGate { get; init; }

    /// <summary>Gets the norm over each head's query, or null.</summary>
    public string? QueryNorm { get; init; }

    /// <summary>Gets the norm over each head's key, or null.</summary>
    public string? KeyNorm { get; init; }

    /// <summary>Gets the projection that attention ends with.</summary>
    public required string AttentionOutput { get; init; }

    /// <summary>Gets the norm before the MLP.</summary>
    public required string MlpNorm { get; init; }

    /// <summary>Gets the norm after the MLP, or null where no variant has one.</summary>
    public string? MlpOutputNorm { get; init; }

    /// <summary>Gets the MLP's gate, or null if the MLP has none.</summary>
    public string? Gate { get; init; }

    /// <summary>Gets the MLP's first linear.</summary>
    public required string Up { get; init; }

    /// <summary>Gets the MLP's last linear.</summary>
    public required string Down { get; init; }

    /// <summary>Gets the norm after the last block, or null where no norm stands there.</summary>
    public required string? FinalNorm { get; init; }

    /// <summary>Gets tensors of a block that older files carry and nothing needs.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Gets the output head, which has no prefix.</summary>
    public string Head { get; init; } = "lm_head";

    /// <summary>Gives the names that a variant has, of those that all variants of an architecture have. Where norms stand after the addition only, they
    /// take the places of the first two.</summary>
    public TensorNames Of(ModelVariant variant)
    {
        bool isPost = variant.Norm == NormPlacement.Post, isSandwich = variant.Norm == NormPlacement.Sandwich;
        return this with
        {
            AttentionNorm = isPost ? AttentionOutputNorm! : AttentionNorm,
            AttentionOutputNorm = isSandwich ? AttentionOutputNorm : null,
            MlpNorm = isPost ? MlpOutputNorm! : MlpNorm,
            MlpOutputNorm = isSandwich ? MlpOutputNorm : null,
            FinalNorm = isPost ? null : FinalNorm,
            QueryNorm = variant.QueryKeyNorm ? QueryNorm : null,
            KeyNorm = variant.QueryKeyNorm ? KeyNorm : null,
            ConstantKey = variant.HasConstantKeys ? ConstantKey : null,
            ConstantValue = variant.HasConstantKeys ? ConstantValue : null,
            AttentionGate = variant.Attention == AttentionVariant.Gated ? AttentionGate : null,
        };
    }
}
