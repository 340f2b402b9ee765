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

    /// <summary>Gets the projections that attention starts with: query, key and value, or one that holds all three.</summary>
    public required IReadOnlyList<string> QueryKeyValue { get; init; }

    /// <summary>Gets the norm over each head's query, or null.</summary>
    public string? QueryNorm { get; init; }

    /// <summary>Gets the norm over each head's key, or null.</summary>
    public string? KeyNorm { get; init; }

    /// <summary>Gets the projection that attention ends with.</summary>
    public required string AttentionOutput { get; init; }

    /// <summary>Gets the norm before the MLP.</summary>
    public required string MlpNorm { get; init; }

    /// <summary>Gets the MLP's gate, or null if the MLP has none.</summary>
    public string? Gate { get; init; }

    /// <summary>Gets the MLP's first linear.</summary>
    public required string Up { get; init; }

    /// <summary>Gets the MLP's last linear.</summary>
    public required string Down { get; init; }

    /// <summary>Gets the norm after the last block.</summary>
    public required string FinalNorm { get; init; }

    /// <summary>Gets tensors of a block that older files carry and nothing needs.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Gets the output head, which has no prefix.</summary>
    public string Head { get; init; } = "lm_head";
}
