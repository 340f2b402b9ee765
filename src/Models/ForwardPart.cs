namespace OutlierQuant.Models;

/// <summary>What a forward pass spends its time on, for <see cref="ForwardTiming"/>; the order is the order of computation.</summary>
public enum ForwardPart
{
    /// <summary>Reading rows of the token and position tables.</summary>
    Embedding,

    /// <summary>The norms over the residual stream, with the residual addition in front of one.</summary>
    Norm,

    /// <summary>Rounding the inputs of quantized linears to codes, and bringing inputs into the form that a kernel multiplies.</summary>
    ActivationQuantization,

    /// <summary>The products that attention starts with.</summary>
    QueryKeyValue,

    /// <summary>Norms and rotation of each head, and moving keys and values to the cache.</summary>
    Rotary,

    /// <summary>Scores, softmax and weighted values.</summary>
    Attention,

    /// <summary>The product that attention ends with.</summary>
    AttentionOutput,

    /// <summary>The products that the MLP starts with.</summary>
    GateUp,

    /// <summary>The MLP's activation function, and the product of its branches.</summary>
    ActivationFunction,

    /// <summary>The product that the MLP ends with.</summary>
    Down,

    /// <summary>Adding a block's last product to the residual stream, and transforms of its output.</summary>
    BlockOutput,

    /// <summary>The product that gives logits.</summary>
    Head,

    /// <summary>Scoring logits against the token that came.</summary>
    LogSoftmax,

    /// <summary>Choosing a token from logits.</summary>
    Sampling,
}
