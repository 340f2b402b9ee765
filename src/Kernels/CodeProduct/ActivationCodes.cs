namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Activations as integer codes, one scale per token, with the preserved channels beside them in float.</summary>
public readonly ref struct ActivationCodes
{
    /// <summary>Gets the codes, 0 at preserved channels and from <c>columns</c> to <see cref="Stride"/>. Shape <c>[tokens, stride]</c>.</summary>
    public required ReadOnlySpan<sbyte> Codes { get; init; }

    /// <summary>Gets the distance between tokens in <see cref="Codes"/>: <c>WeightPacking.PaddedColumns(columns)</c>.</summary>
    public required int Stride { get; init; }

    /// <summary>Gets the step size of each token (all equal for one scale per tensor). Shape <c>[tokens]</c>.</summary>
    public required ReadOnlySpan<float> Scales { get; init; }

    /// <summary>Gets the values of the preserved channels. Shape <c>[tokens, preserved]</c>.</summary>
    public ReadOnlySpan<float> Preserved { get; init; }

    /// <summary>Gets the same activations in the form of a kernel, from <see cref="ICodeProductKernel.ReserveCodes"/> for weights of the same format and groups; null lets a kernel
    /// that needs it make it in every call.</summary>
    public PreparedCodes? Prepared { get; init; }
}
