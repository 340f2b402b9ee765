namespace OutlierQuant.Quantizers;

/// <summary>What a linear becomes, and why.</summary>
public sealed record LinearPlan
{
    /// <summary>Gets the name of the linear, for example <c>model.layers.0.mlp.down_proj</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Gets what its weights become: <c>int8</c>, <c>int4</c> or <c>ternary</c>.</summary>
    public required string Weights { get; init; }

    /// <summary>Gets the number of columns that share a weight scale; null for one scale per output channel.</summary>
    public required int? GroupSize { get; init; }

    /// <summary>Gets what its inputs become: <c>float</c>, <c>int8</c> or <c>int4</c>.</summary>
    public required string Activations { get; init; }

    /// <summary>Gets which inputs share a scale: <c>none</c>, <c>tensor-static</c>, <c>tensor</c> or <c>token</c>.</summary>
    public required string ActivationScale { get; init; }

    /// <summary>Gets the step between activation codes; null unless <see cref="ActivationScale"/> is <c>tensor-static</c>.</summary>
    public required float? StaticScale { get; init; }

    /// <summary>Gets the input channels that the plan's preservation is about, sorted.</summary>
    public required IReadOnlyList<ChannelPlan> Channels { get; init; }

    /// <summary>Gets why, in a sentence.</summary>
    public required string Reason { get; init; }
}
