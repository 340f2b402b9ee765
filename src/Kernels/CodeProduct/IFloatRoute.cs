namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>One way through the products of float activations and packed weights.</summary>
internal interface IFloatRoute
{
    string Name { get; }

    /// <summary>Computes the number of tokens up to which the route is used for such weights; 0 where it cannot work with groups of their size.</summary>
    int MostTokens(PackedWeights weights);

    /// <inheritdoc cref="ICodeProductKernel.Reserve"/>
    PreparedFloats? Reserve(int tokens, PackedWeights weights) => null;

    /// <inheritdoc cref="ICodeProductKernel.Multiply(ReadOnlySpan{float}, int, PackedWeights, int, int, Span{float}, PreparedFloats)"/>
    void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared);
}
