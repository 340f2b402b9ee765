namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>How one linear is stored and computed.</summary>
public sealed record LinearQuantization
{
    /// <summary>Gets the weights' codes: <c>float</c>, <c>int8</c>, <c>int4</c> or <c>ternary</c>.</summary>
    public required string Weights { get; init; }

    /// <summary>Gets the number of consecutive input columns of one row that share a scale; 0 for one scale per row (<c>null</c> in json).</summary>
    public int GroupSize { get; init; }

    /// <summary>Gets the inputs' codes: <c>float</c>, <c>int8</c> or <c>int4</c>.</summary>
    public required string Activations { get; init; }

    /// <summary>Gets what shares a scale of the inputs: <c>none</c> (float), <c>tensor-static</c>, <c>tensor</c> or <c>token</c>.</summary>
    public required string ActivationScale { get; init; }

    /// <summary>Gets the number of input channels that stay in float.</summary>
    public int PreservedChannels { get; init; }
}
