namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>A weight matrix as packed integer codes, scales, and float columns for the preserved input channels.</summary>
/// <remarks><see cref="WeightPacking"/> defines the byte layout. The codes of preserved columns are 0.</remarks>
public readonly ref struct PackedWeights
{
    /// <summary>Gets the packing of the codes.</summary>
    public required WeightFormat Format { get; init; }

    /// <summary>Gets the number of output features.</summary>
    public required int Rows { get; init; }

    /// <summary>Gets the number of input features.</summary>
    public required int Columns { get; init; }

    /// <summary>Gets the number of consecutive columns of one row that share a scale; <see cref="Columns"/> for one scale per row.</summary>
    public required int GroupSize { get; init; }

    /// <summary>Gets the packed codes. Shape <c>[rows, WeightPacking.BytesPerRow(format, columns)]</c>.</summary>
    public required ReadOnlySpan<byte> Codes { get; init; }

    /// <summary>Gets the step size of each group. Shape <c>[rows, ceil(columns / groupSize)]</c>.</summary>
    public required ReadOnlySpan<float> Scales { get; init; }

    /// <summary>Gets the input channels that stay in float: sorted and distinct. Shape <c>[preserved]</c>.</summary>
    public ReadOnlySpan<int> PreservedChannels { get; init; }

    /// <summary>Gets the float weights of the preserved channels. Shape <c>[rows, preserved]</c>.</summary>
    public ReadOnlySpan<float> PreservedColumns { get; init; }
}
