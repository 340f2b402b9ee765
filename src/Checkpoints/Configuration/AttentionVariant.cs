namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>What attention has beside queries, keys and values.</summary>
public enum AttentionVariant
{
    /// <summary>Nothing.</summary>
    Default,

    /// <summary>A learned key k′ and value v′ of each block and head, visible to every query and without a position:
    /// <c>softmax(q · [K; k′]ᵀ / √headSize) · [V; v′]</c>. Sun et al., arXiv:2402.17762, equation (3).</summary>
    Bias,

    /// <summary>A learned token in front of every sequence. It sees only itself, so its keys and values are constants, which the checkpoint holds like
    /// those of <see cref="Bias"/>. Sun et al., arXiv:2402.17762, section 4.3; Xiao et al., arXiv:2309.17453.</summary>
    SinkToken,

    /// <summary>A gate of each head, computed from the attention's input: <c>sigmoid(x · W) · attended</c>, before the output projection.
    /// Qiu et al., arXiv:2505.06708, head-wise gating after attention.</summary>
    Gated,
}
