namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>One way through the products of activation codes and packed weights: by rows for one token, by tiles for many.</summary>
internal interface IIntegerRoute
{
    string Name { get; }

    /// <summary>Whether groups of this size fall on whole vectors.</summary>
    bool Fits(PackedWeights weights);

    /// <summary>Gets the number of tokens from which on the route is used.</summary>
    int FewestTokens => 1;

    /// <summary>Computes the number of tokens up to which the route is used for such weights.</summary>
    int MostTokens(PackedWeights weights) => int.MaxValue;

    /// <summary>Gets a value indicating whether only a team's own threads may use it.</summary>
    bool NeedsOwnThreads => false;

    /// <inheritdoc cref="ICodeProductKernel.ReserveCodes"/>
    PreparedCodes? ReserveCodes(int tokens, PackedWeights weights) => null;

    /// <inheritdoc cref="ICodeProductKernel.Multiply(ActivationCodes, PackedWeights, int, int, Span{float})"/>
    void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination);
}
