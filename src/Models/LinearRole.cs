namespace OutlierQuant.Models;

/// <summary>What a linear does in its block; the order is the order of computation.</summary>
public enum LinearRole
{
    /// <summary>Attention queries.</summary>
    Query,

    /// <summary>Attention keys.</summary>
    Key,

    /// <summary>Attention values.</summary>
    Value,

    /// <summary>Queries, keys and values in one matrix, in this order (GPT-2's <c>c_attn</c>).</summary>
    QueryKeyValue,

    /// <summary>The gate of each attention head.</summary>
    AttentionGate,

    /// <summary>Attended values back to the residual stream.</summary>
    AttentionOutput,

    /// <summary>The branch of a gated MLP that goes through the activation function.</summary>
    Gate,

    /// <summary>Residual stream to the MLP's inner width.</summary>
    Up,

    /// <summary>The MLP's inner width back to the residual stream.</summary>
    Down,

    /// <summary>Final hidden values to logits.</summary>
    Head,
}
