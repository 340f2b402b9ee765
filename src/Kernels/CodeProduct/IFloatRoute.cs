using OutlierQuant.Kernels.TiledProduct.BF16;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>One way through the products of float activations and packed weights.</summary>
internal interface IFloatRoute
{
    string Name { get; }

    /// <summary>Whether the route can work with groups of this size.</summary>
    bool Fits(PackedWeights weights);

    /// <inheritdoc cref="ICodeProductKernel.Multiply(ReadOnlySpan{float}, int, PackedWeights, int, int, Span{float}, FloatActivationTiles)"/>
    void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination);
}
